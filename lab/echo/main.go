// echo runs in pods of the end-to-end test, which checks the pod network, Services and cluster DNS with it.
//
//	echo serve            answers every request with the pod's host name, on :8080
//	echo get URL          requests URL, which contains a Service's name, and prints the response
//
// It is built statically (CGO_ENABLED=0), so that Go resolves names with the pod's /etc/resolv.conf.
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

func serve() error {
	name, err := os.Hostname()
	if err != nil {
		return err
	}
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, name) })
	server := &http.Server{Addr: ":8080", ReadHeaderTimeout: 5 * time.Second}
	return server.ListenAndServe()
}

func get(url string) error {
	client := &http.Client{Timeout: 5 * time.Second}
	response, err := client.Get(url)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", url, response.Status)
	}
	_, err = io.Copy(os.Stdout, response.Body)
	return err
}

func main() {
	err := fmt.Errorf("usage: echo serve | echo get URL")
	switch {
	case len(os.Args) == 2 && os.Args[1] == "serve":
		err = serve()
	case len(os.Args) == 3 && os.Args[1] == "get":
		err = get(os.Args[2])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
