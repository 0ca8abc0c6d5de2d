package main

import (
	"net"
	"net/rpc"
	"sync"
	"time"
)

// What a node serves. The worker who waits is one, behind a mutex, as net/rpc has a goroutine for each call.
type Node struct {
	worker sync.Mutex
}

func (n *Node) Square(j Job, result *Job) error {
	*result = square(j)
	return nil
}

func (n *Node) SquareSlice(jobs []Job, results *[]Job) error {
	*results = workOnSlice(square, jobs)
	return nil
}

func (n *Node) SquareColumns(jobs Columns, results *Columns) error {
	*results = workOnColumns(jobs)
	return nil
}

func (n *Node) Turn(b Block, result *Block) error {
	*result = turn(b)
	return nil
}

func (n *Node) TurnSlice(jobs []Block, results *[]Block) error {
	*results = workOnSlice(turn, jobs)
	return nil
}

func (n *Node) Wait(number int, result *int) error {
	n.worker.Lock()
	defer n.worker.Unlock()
	time.Sleep(wait)
	*result = number
	return nil
}

func serveRPC(listener net.Listener) {
	server := rpc.NewServer()
	ensure(server.Register(&Node{}))
	server.Accept(listener)
}

const (
	// One call a job takes so long that there are fewer of them.
	callsMax = 200_000
	// Under way: more are no faster, and each has a goroutine in the node.
	callWindow = 1_024
)

// One goroutine calls, another takes the results in the order of the calls.
func rpcStream[M any](m messages[M]) float64 {
	n := startNode("rpc", m.method)
	defer n.stop()
	client := rpc.NewClient(n.dial())
	defer client.Close()
	if m.count/m.jobs > callsMax {
		m.count = callsMax * m.jobs
	}
	if m.window > callWindow {
		m.window = callWindow
	}
	return m.time(func(jobs int) error {
		// Two more than those in the channel are at its ends.
		calls := make(chan *rpc.Call, m.window-2)
		go func() {
			ensure(m.sendAll(jobs, func(message M) error {
				calls <- client.Go("Node."+m.method, message, new(M), make(chan *rpc.Call, 1))
				return nil
			}))
		}()
		return m.receiveAll(jobs, func() (M, error) {
			call := <-(<-calls).Done
			return *call.Reply.(*M), call.Error
		})
	})
}

func rpcThereAndBack(which string) int64 {
	n := startNode("rpc", "Square")
	defer n.stop()
	client := rpc.NewClient(n.dial())
	defer client.Close()
	return percentile(which, func(j Job) (Job, error) {
		var result Job
		err := client.Call("Node.Square", j, &result)
		return result, err
	})
}

const (
	nodes = 2
	wait  = time.Millisecond
)

func rpcEfficiency(jobsANode int) float64 {
	var clients []*rpc.Client
	for i := 0; i < nodes; i++ {
		n := startNode("rpc", "Wait")
		defer n.stop()
		client := rpc.NewClient(n.dial())
		defer client.Close()
		clients = append(clients, client)
	}
	took := timeOfAJob(100, 1_000, func(count int) error { return handOut(clients, jobsANode, count) })
	return float64(wait.Nanoseconds()) / nodes / took
}

// For each node so many goroutines that call; all take the jobs from one channel.
func handOut(clients []*rpc.Client, jobsANode, count int) error {
	jobs := make(chan int)
	ordered := make([]int, count)
	var wg sync.WaitGroup
	for _, c := range clients {
		for i := 0; i < jobsANode; i++ {
			wg.Add(1)
			go func(client *rpc.Client) {
				defer wg.Done()
				for number := range jobs {
					ensure(client.Call("Node.Wait", number+1, &ordered[number]))
				}
			}(c)
		}
	}
	for i := 0; i < count; i++ {
		jobs <- i
	}
	close(jobs)
	wg.Wait()
	for i, result := range ordered {
		if result != i+1 {
			return errNotRight
		}
	}
	return nil
}
