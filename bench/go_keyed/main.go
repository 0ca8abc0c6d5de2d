// Jobs of 1,000 keys; the jobs of a key stay in order, as each key has its worker: as Go's users write it, a
// channel for each worker, chosen by the key. Prints the nanoseconds for each job.
package main

import (
	"fmt"
	"os"
	"sync"
	"time"
)

const (
	workers  = 2
	count    = 1_000_000
	keys     = 1000
	capacity = 65_536
	runs     = 2
)

type line struct {
	last  uint64
	count uint64
	right bool
	_     [5]uint64 // a cache line each
}

func keyOf(job uint64) uint64 {
	return job * 0x9e3779b97f4a7c15 % keys
}

func run(lines []line) {
	var wg sync.WaitGroup
	jobs := make([]chan uint64, workers)
	for w := range jobs {
		jobs[w] = make(chan uint64, capacity/workers)
		wg.Add(1)
		go func(mine <-chan uint64) {
			defer wg.Done()
			for j := range mine {
				l := &lines[keyOf(j)]
				l.right = l.right && (l.count == 0 || j > l.last)
				l.last = j
				l.count++
			}
		}(jobs[w])
	}
	for i := uint64(0); i < count; i++ {
		jobs[keyOf(i)%workers] <- i
	}
	for _, c := range jobs {
		close(c)
	}
	wg.Wait()
}

func main() {
	var spent time.Duration
	for r := 0; r <= runs; r++ {
		lines := make([]line, keys)
		for i := range lines {
			lines[i].right = true
		}
		begun := time.Now()
		run(lines)
		if r > 0 {
			spent += time.Since(begun)
		}
		total := uint64(0)
		for _, l := range lines {
			total += l.count
			if !l.right {
				fmt.Fprintln(os.Stderr, "a job ran before an older one of its key")
				os.Exit(1)
			}
		}
		if total != count {
			fmt.Fprintln(os.Stderr, "a job did not run once")
			os.Exit(1)
		}
	}
	fmt.Println(float64(spent.Nanoseconds()) / runs / count)
}
