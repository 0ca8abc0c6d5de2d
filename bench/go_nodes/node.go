package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
)

// This program again, listening. It ends when what holds its standard input has ended.
type node struct {
	process *exec.Cmd
	address string
}

func startNode(by, method string) *node {
	process := exec.Command("/proc/self/exe", "node", by, method)
	process.Stderr = os.Stderr
	_, err := process.StdinPipe()
	ensure(err)
	out, err := process.StdoutPipe()
	ensure(err)
	ensure(process.Start())
	address, err := bufio.NewReader(out).ReadString('\n')
	ensure(err)
	return &node{process, strings.TrimSpace(address)}
}

func (n *node) dial() net.Conn {
	connection, err := net.Dial("tcp", n.address)
	ensure(err)
	return connection
}

func (n *node) stop() {
	ensure(n.process.Process.Kill())
	_ = n.process.Wait() // says that it was killed
}

func beNode(by, method string) {
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ensure(err)
	fmt.Println(listener.Addr())
	if by == "gob" {
		ensure(serveGobs(listener, method))
		return
	}
	serveRPC(listener)
}
