// pulumi-language-nodejs is the lab's own language host for Node.js, for a Pulumi CLI that is built from its Go modules: no module
// proxy serves the official host. It only runs programs.
//
// The program connects directly to the engine's resource monitor. The official host has a proxy between them, for invokes that an
// SDK sends through a pair of pipes; the current SDK sends none.
//
// The CLI starts this program, reads its port from the first line of its output, and shows all further lines.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

// The CLI's limit of a message's size, in bytes.
const maxMessage = 400 << 20

func main() {
	tracing := flag.String("tracing", "", "endpoint of the program's traces")
	// the CLI passes its logging flags; this host logs nothing
	flag.Bool("logtostderr", false, "ignored")
	flag.Int("v", 0, "ignored")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: pulumi-language-nodejs [--tracing URL] ENGINE-ADDRESS")
		os.Exit(2)
	}
	if err := serve(flag.Arg(0), *tracing); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(engine, tracing string) error {
	// after the engine's exit, a write to it must not kill this process before the program ends
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() {
		// the engine keeps the other end open while it runs, and writes nothing
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	}()

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := grpc.NewServer(grpc.MaxRecvMsgSize(maxMessage))
	pulumirpc.RegisterLanguageRuntimeServer(server, newHost(ctx, engine, tracing))
	context.AfterFunc(ctx, server.GracefulStop)
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	return server.Serve(listener)
}
