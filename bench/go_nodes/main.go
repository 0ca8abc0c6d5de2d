// Jobs that another process does, over loopback, as Go's users write it: calls of net/rpc, or a stream of gobs.
//
//	go_nodes rpc|gob short|1k [JOBS]     slices of JOBS, or no slices; prints the nanoseconds a job
//	go_nodes rpc|gob columns JOBS        short jobs, but in two slices of numbers instead of one of structs
//	go_nodes rpc|gob p50|p99             jobs one after the other; prints that percentile in nanoseconds
//	go_nodes rpc efficiency [JOBS]       waits of 1 ms on two nodes with one worker each, JOBS under way to each,
//	                                     1 if not said; prints ideal over actual
package main

import (
	"fmt"
	"os"
	"sort"
	"strconv"
	"time"
)

// Bounds a peer that hangs; its nodes end with it.
const programMax = 60 * time.Second

// In a call or a gob; a few of those fit into each window.
const jobsMax = 1_024

func ensure(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// Nanoseconds for each of `count` jobs, which `run` does after some others.
func timeOfAJob(warmUp, count int, run func(int) error) float64 {
	ensure(run(warmUp))
	begun := time.Now()
	ensure(run(count))
	return float64(time.Since(begun).Nanoseconds()) / float64(count)
}

// The nanoseconds that a job takes there and back, one after the other.
func percentile(which string, ask func(Job) (Job, error)) int64 {
	const jobs = 2_000
	var all []time.Duration
	for i := uint64(0); i < 2*jobs; i++ {
		begun := time.Now()
		result, err := ask(makeShort(i))
		took := time.Since(begun)
		ensure(err)
		if !shortIsRight(i, result) {
			ensure(errNotRight)
		}
		if i >= jobs {
			all = append(all, took)
		}
	}
	sort.Slice(all, func(a, b int) bool { return all[a] < all[b] })
	if which == "p99" {
		return all[jobs*99/100].Nanoseconds()
	}
	return all[jobs/2].Nanoseconds()
}

func usage() {
	fmt.Fprintln(os.Stderr, "usage: go_nodes rpc|gob short|columns|1k|p50|p99|efficiency [JOBS]")
	os.Exit(2)
}

func stream[M any](by string, m messages[M]) float64 {
	if by == "gob" {
		return gobStream(m)
	}
	return rpcStream(m)
}

func streamOf(by, kind string, jobs int) float64 {
	switch {
	case kind == "columns":
		return stream(by, inColumns(jobs))
	case kind == "short" && jobs == 1:
		return stream(by, oneByOne(shortJobs, "Square"))
	case kind == "short":
		return stream(by, inSlices(shortJobs, "SquareSlice", jobs))
	case jobs == 1:
		return stream(by, oneByOne(blocks, "Turn"))
	default:
		return stream(by, inSlices(blocks, "TurnSlice", jobs))
	}
}

func main() {
	args := os.Args[1:]
	if len(args) == 3 && args[0] == "node" {
		beNode(args[1], args[2])
		return
	}
	jobs := 1
	if len(args) == 3 {
		jobs, _ = strconv.Atoi(args[2])
	}
	if len(args) < 2 || len(args) > 3 || jobs < 1 || jobs > jobsMax {
		usage()
	}
	time.AfterFunc(programMax, func() {
		fmt.Fprintln(os.Stderr, "not at its end after", programMax)
		os.Exit(1)
	})
	switch by, kind := args[0], args[1]; by + " " + kind {
	case "rpc short", "rpc columns", "rpc 1k", "gob short", "gob columns", "gob 1k":
		fmt.Println(streamOf(by, kind, jobs))
	case "rpc p50", "rpc p99":
		fmt.Println(rpcThereAndBack(kind))
	case "gob p50", "gob p99":
		fmt.Println(gobThereAndBack(kind))
	case "rpc efficiency":
		fmt.Println(rpcEfficiency(jobs))
	default:
		usage()
	}
}
