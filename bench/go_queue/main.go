// A buffered channel whose two workers are held.
//
//	-mode=memory  prints what each of 1 Mi waiting jobs of 8 bytes takes beside those (-bytes=64: of 64)
//	-mode=refuse  prints the nanoseconds of an offer that is refused (select with default)
//	-mode=cancel  prints the nanoseconds from the cancel until every outcome is there
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

const workers = 2
const waitingJobs = 1 << 20

func resident() float64 {
	var all, resident float64
	text, err := os.ReadFile("/proc/self/statm")
	if err == nil {
		_, err = fmt.Sscan(string(text), &all, &resident)
	}
	if err != nil {
		panic(err)
	}
	return resident * float64(os.Getpagesize())
}

type small struct{ content [1]uint64 }
type large struct{ content [8]uint64 }

func memory[J any](bytes int, make1 func(uint64) J) float64 {
	held := make(chan struct{})
	var wg sync.WaitGroup
	var done int64
	before := resident()
	jobs := make(chan J, waitingJobs)
	for w := 0; w < workers; w++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			<-held
			for range jobs {
				atomic.AddInt64(&done, 1)
			}
		}()
	}
	for i := uint64(0); i < waitingJobs; i++ {
		jobs <- make1(i)
	}
	each := (resident()-before)/waitingJobs - float64(bytes)
	close(jobs)
	close(held)
	wg.Wait()
	if done != waitingJobs {
		panic("a job is missing")
	}
	return each
}

func refuse() float64 {
	const offers = 1_000_000
	jobs := make(chan uint64, 64)
	for len(jobs) < cap(jobs) {
		jobs <- 0
	}
	refused := 0
	begun := time.Now()
	for i := uint64(0); i < offers; i++ {
		select {
		case jobs <- i:
		default:
			refused++
		}
	}
	took := time.Since(begun)
	if refused != offers {
		panic("an offer was not refused")
	}
	return float64(took.Nanoseconds()) / offers
}

type outcome struct {
	index int
	err   error
}

func cancel(n int) float64 {
	ctx, stop := context.WithCancel(context.Background())
	jobs := make(chan int, n)
	outcomes := make(chan outcome, n)
	for w := 0; w < workers; w++ {
		go func() {
			for i := range jobs {
				<-ctx.Done()
				outcomes <- outcome{i, ctx.Err()}
			}
		}()
	}
	for i := 0; i < n; i++ {
		jobs <- i
	}
	close(jobs)
	begun := time.Now()
	stop()
	for i := 0; i < n; i++ {
		if o := <-outcomes; !errors.Is(o.err, context.Canceled) {
			panic("a job was not canceled")
		}
	}
	return float64(time.Since(begun).Nanoseconds())
}

func main() {
	mode := flag.String("mode", "memory", "memory, refuse or cancel")
	bytes := flag.Int("bytes", 8, "of a job: 8 or 64")
	jobs := flag.Int("jobs", 1_000_000, "that are canceled")
	flag.Parse()
	runtime.GC()
	switch {
	case *mode == "refuse":
		fmt.Println(refuse())
	case *mode == "cancel":
		fmt.Println(cancel(*jobs))
	case *bytes == 64:
		fmt.Println(memory(64, func(i uint64) large { return large{[8]uint64{i}} }))
	default:
		fmt.Println(memory(8, func(i uint64) small { return small{[1]uint64{i}} }))
	}
}
