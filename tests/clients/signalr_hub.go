// A hub of events by a SignalR server that no one here wrote (github.com/philippseith/signalr): its negotiation, WebSockets, keep-alive
// and records. Takes a port (0: any) and a key, and prints the port. What stands in a line of standard input is told to all
// listeners: NAME ACTION ID; "change" changes what is read.
package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-kit/log"
	"github.com/philippseith/signalr"
)

type hub struct{ signalr.Hub }

func (h *hub) OnConnected(string)    { fmt.Println("connected") }
func (h *hub) OnDisconnected(string) { fmt.Println("disconnected") }

var revision int32 = 1

// guarded lets in who shows the key, as the applications do.
func guarded(key string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		fmt.Fprintln(os.Stderr, "read", request.URL.Path)
		if request.URL.Query().Get("access_token") != key && request.Header.Get("X-Api-Key") != key {
			writer.WriteHeader(http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(writer, request)
	})
}

func tell(server signalr.Server, line string) {
	words := strings.Fields(line)
	if len(words) == 1 && words[0] == "change" {
		atomic.AddInt32(&revision, 1)
	} else if len(words) == 3 {
		resource := map[string]interface{}{"id": words[2], "title": strings.Repeat("x", 70000)}
		body := map[string]interface{}{"action": words[1], "resource": resource}
		server.HubClients().All().Send("receiveMessage", map[string]interface{}{"name": words[0], "body": body, "version": 3})
	}
}

func main() {
	port, key, transports := os.Args[1], os.Args[2], os.Args[3:]
	server, err := signalr.NewServer(context.Background(), signalr.UseHub(&hub{}), signalr.HTTPTransports(transports...),
		signalr.KeepAliveInterval(time.Second), signalr.TimeoutInterval(20*time.Second), signalr.InsecureSkipVerify(true),
		signalr.Logger(log.NewNopLogger(), false))
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	server.MapHTTP(signalr.WithHTTPServeMux(mux), "/signalr/messages")
	mux.HandleFunc("/", func(writer http.ResponseWriter, _ *http.Request) {
		writer.Header().Set("Content-Type", "application/json")
		writer.Header().Set("Cache-Control", "no-cache, no-store")
		fmt.Fprintf(writer, `{"revision":%d}`, atomic.LoadInt32(&revision))
	})
	listener, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	go func() { panic(http.Serve(listener, guarded(key, mux))) }()
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		tell(server, lines.Text())
	}
}
