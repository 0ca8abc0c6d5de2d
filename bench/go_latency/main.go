// One job there and back over two channels, with 1 ms between two of them. Prints a percentile (p50 or p99)
// of 1,000, in nanoseconds; or (idle) the CPU time of two idle seconds, in nanoseconds a second.
package main

import (
	"flag"
	"fmt"
	"os"
	"sort"
	"syscall"
	"time"
)

const (
	count   = 1_000
	workers = 2
)

func trivial(x uint64) uint64 {
	return x*x + 1
}

func cpuTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		panic(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func main() {
	percentile := flag.String("percentile", "p50", "p50, p99 or idle")
	flag.Parse()

	jobs := make(chan uint64)
	results := make(chan uint64)
	for w := 0; w < workers; w++ {
		go func() {
			for x := range jobs {
				results <- trivial(x)
			}
		}()
	}
	var all []time.Duration
	for i := uint64(0); i < count; i++ {
		if *percentile != "idle" {
			time.Sleep(time.Millisecond)
		}
		begun := time.Now()
		jobs <- i
		result := <-results
		all = append(all, time.Since(begun))
		if result != trivial(i) {
			fmt.Fprintln(os.Stderr, "a result is wrong")
			os.Exit(1)
		}
	}
	sort.Slice(all, func(a, b int) bool { return all[a] < all[b] })
	switch *percentile {
	case "idle":
		const idle = 2 * time.Second
		time.Sleep(100 * time.Millisecond)
		before := cpuTime()
		time.Sleep(idle)
		fmt.Println(float64((cpuTime() - before).Nanoseconds()) / idle.Seconds())
	case "p99":
		fmt.Println(all[count*99/100].Nanoseconds())
	default:
		fmt.Println(all[count/2].Nanoseconds())
	}
}
