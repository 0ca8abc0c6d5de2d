// A worker pool on buffered channels as Go's users write it: the jobs go through one channel to two
// workers, the results through another back to the caller, who puts each in its place.
// Prints the nanoseconds for each job.
package main

import (
	"flag"
	"fmt"
	"os"
	"sync"
	"time"
)

type job struct {
	index int
	value uint64
}

type result struct {
	index int
	value uint64
}

func trivial(x uint64) uint64 {
	return x*x + 1
}

func worker(jobs <-chan job, results chan<- result, wg *sync.WaitGroup) {
	defer wg.Done()
	for j := range jobs {
		results <- result{j.index, trivial(j.value)}
	}
}

func run(count, workers, capacity int) []uint64 {
	jobs := make(chan job, capacity)
	results := make(chan result, capacity)
	var wg sync.WaitGroup
	for w := 0; w < workers; w++ {
		wg.Add(1)
		go worker(jobs, results, &wg)
	}
	go func() {
		for i := 0; i < count; i++ {
			jobs <- job{i, uint64(i)}
		}
		close(jobs)
	}()
	go func() {
		wg.Wait()
		close(results)
	}()
	ordered := make([]uint64, count)
	for r := range results {
		ordered[r.index] = r.value
	}
	return ordered
}

func main() {
	count := flag.Int("jobs", 1_000_000, "jobs in a run")
	workers := flag.Int("workers", 2, "workers")
	capacity := flag.Int("capacity", 65_536, "slots of each channel")
	runs := flag.Int("runs", 2, "runs that are timed, after one that is not")
	flag.Parse()

	var spent time.Duration
	for r := 0; r <= *runs; r++ {
		begun := time.Now()
		ordered := run(*count, *workers, *capacity)
		if r > 0 {
			spent += time.Since(begun)
		}
		for i, value := range ordered {
			if value != trivial(uint64(i)) {
				fmt.Fprintln(os.Stderr, "a result is wrong or not in its place")
				os.Exit(1)
			}
		}
	}
	fmt.Println(float64(spent.Nanoseconds()) / float64(*runs) / float64(*count))
}
