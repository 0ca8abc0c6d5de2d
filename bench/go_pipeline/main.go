// Generate, square, print as Go's users write it: a goroutine for each stage, channels between them.
// Prints the nanoseconds for each number.
package main

import (
	"flag"
	"fmt"
	"os"
	"time"
)

func generate(count, capacity int) <-chan uint64 {
	out := make(chan uint64, capacity)
	go func() {
		defer close(out)
		for i := 0; i < count; i++ {
			out <- uint64(i)
		}
	}()
	return out
}

func square(in <-chan uint64, capacity int) <-chan uint64 {
	out := make(chan uint64, capacity)
	go func() {
		defer close(out)
		for v := range in {
			out <- v * v
		}
	}()
	return out
}

func main() {
	count := flag.Int("items", 1_000_000, "numbers in a run")
	capacity := flag.Int("capacity", 1024, "slots of each channel")
	runs := flag.Int("runs", 2, "runs that are timed, after one that is not")
	flag.Parse()

	var spent time.Duration
	for r := 0; r <= *runs; r++ {
		begun := time.Now()
		next := uint64(0)
		for v := range square(generate(*count, *capacity), *capacity) {
			if v != next*next {
				fmt.Fprintln(os.Stderr, "a square is wrong or out of order")
				os.Exit(1)
			}
			next++
		}
		if r > 0 {
			spent += time.Since(begun)
		}
		if next != uint64(*count) {
			fmt.Fprintln(os.Stderr, "a square is missing")
			os.Exit(1)
		}
	}
	fmt.Println(float64(spent.Nanoseconds()) / float64(*runs) / float64(*count))
}
