// Jobs that wait 200 µs, as for a disk or another machine, on 16 goroutines, offered for half a second at a
// steady rate of so many times (-times) what these can do, by a select with default: what finds the channel
// full is dropped. Prints the nanoseconds for each job that was done.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	workers  = 16
	capacity = 64
	jobTime  = 200 * time.Microsecond
	runTime  = 500 * time.Millisecond
	tick     = 100 * time.Microsecond
)

// As the kernel lets whoever sleeps sleep on for 50 µs else; threads have it from those that make them.
func wakeInTime() {
	const prSetTimerslack = 29
	if _, _, e := syscall.RawSyscall(syscall.SYS_PRCTL, prSetTimerslack, 1000, 0); e != 0 {
		panic(e)
	}
}

// In the kernel, as the timers of an idle Go 1.19 are a millisecond late.
func sleep(d time.Duration) {
	t := syscall.NsecToTimespec(d.Nanoseconds())
	_ = syscall.Nanosleep(&t, nil)
}

// Offers on a schedule that does not wait for anybody; what is late is offered at once. Returns how many
// offers were accepted.
func offer(times float64, jobs chan<- int) int64 {
	perNs := times * workers / float64(jobTime.Nanoseconds())
	accepted := int64(0)
	begun := time.Now()
	for offered, now := 0.0, begun; now.Sub(begun) < runTime; now = time.Now() {
		for due := perNs * float64(now.Sub(begun).Nanoseconds()); offered < due; offered++ {
			select {
			case jobs <- 0:
				accepted++
			default:
			}
		}
		sleep(tick)
	}
	return accepted
}

func main() {
	times := flag.Float64("times", 1, "of what the workers can do")
	flag.Parse()
	wakeInTime()
	// One for each goroutine: to get it back from one that sleeps in the kernel takes the runtime a while.
	runtime.GOMAXPROCS(workers + 1)
	begun := time.Now()
	jobs := make(chan int, capacity-workers)
	var done int64
	var wg sync.WaitGroup
	for w := 0; w < workers; w++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range jobs {
				sleep(jobTime)
				atomic.AddInt64(&done, 1)
			}
		}()
	}
	accepted := offer(*times, jobs)
	close(jobs)
	wg.Wait()
	took := time.Since(begun)
	if done != accepted {
		fmt.Fprintln(os.Stderr, "a job was not done once")
		os.Exit(1)
	}
	fmt.Println(float64(took.Nanoseconds()) / float64(done))
}
