package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"
)

const account = "/var/run/secrets/kubernetes.io/serviceaccount/"

// node is a Kubernetes node: its name, its address and its pod CIDR.
type node struct {
	Name    string
	Address netip.Addr
	Pods    netip.Prefix
}

func (n node) String() string { return fmt.Sprintf("%s %s %s", n.Name, n.Address, n.Pods) }

// apiServer is a client of the API server, with the pod's service account.
type apiServer struct {
	base   string
	client *http.Client
}

func inCluster() (*apiServer, error) {
	authority, err := os.ReadFile(account + "ca.crt")
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(authority) {
		return nil, errors.New("no certificate in ca.crt")
	}
	return &apiServer{
		base: "https://" + net.JoinHostPort(os.Getenv("KUBERNETES_SERVICE_HOST"), os.Getenv("KUBERNETES_SERVICE_PORT")),
		client: &http.Client{
			Timeout: 5 * time.Second,
			// no keepalive: a new connection reaches another API server if one has failed
			Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, DisableKeepAlives: true},
		},
	}, nil
}

// nodes lists the nodes with a pod CIDR and an address, by name.
func (s *apiServer) nodes() ([]node, error) {
	token, err := os.ReadFile(account + "token") // read each time, because kubelet renews the file
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequest(http.MethodGet, s.base+"/api/v1/nodes", nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	response, err := s.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(response.Body, 300))
		return nil, fmt.Errorf("listing nodes: %s: %s", response.Status, text)
	}
	return decodeNodes(response.Body)
}

func decodeNodes(body io.Reader) ([]node, error) {
	var list struct {
		Items []struct {
			Metadata struct{ Name string }
			Spec     struct{ PodCIDR string }
			Status   struct {
				Addresses []struct{ Type, Address string }
			}
		}
	}
	if err := json.NewDecoder(body).Decode(&list); err != nil {
		return nil, err
	}
	var nodes []node
	for _, item := range list.Items {
		pods, err := netip.ParsePrefix(item.Spec.PodCIDR)
		if err != nil {
			continue // the node has no pod CIDR yet
		}
		for _, one := range item.Status.Addresses {
			if address, err := netip.ParseAddr(one.Address); err == nil && one.Type == "InternalIP" && address.Is4() {
				nodes = append(nodes, node{item.Metadata.Name, address, pods})
				break
			}
		}
	}
	slices.SortFunc(nodes, func(a, b node) int { return strings.Compare(a.Name, b.Name) })
	return nodes, nil
}

func split(self string, nodes []node) (own node, peers []node, err error) {
	at := slices.IndexFunc(nodes, func(one node) bool { return one.Name == self })
	if at < 0 {
		return node{}, nil, fmt.Errorf("node %s has no pod CIDR yet", self)
	}
	return nodes[at], slices.Concat(nodes[:at], nodes[at+1:]), nil
}
