// Bounded workers as Go's users write them: a pool on buffered channels (the jobs go through one channel to
// two workers, the results through another back to the caller, who puts each in its place), or an errgroup
// with a limit, a goroutine for each job. Prints the nanoseconds for each job; or, of jobs with real work, the
// time as a multiple of the ideal, as work/work_bench.cpp does.
package main

import (
	"flag"
	"fmt"
	"math"
	"os"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

type job struct {
	index int
	value uint64
}

type result struct {
	index int
	value uint64
}

// About a microsecond of a processor of today, as in bench/support/mix.hpp.
const roundsInUs = 930

// A chain of dependent multiplications.
func churn(x, rounds uint64) uint64 {
	for ; rounds > 0; rounds-- {
		x = x*6364136223846793005 + 1442695040888963407
	}
	return x
}

// SplitMix64, as a number from 0 to below 1.
func fractionOf(i uint64) float64 {
	z := (i + 1) * 0x9e3779b97f4a7c15
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	return float64((z^(z>>31))>>11) * 0x1p-53
}

func heavyTailedUs(i uint64) float64 {
	return math.Min(5000, 2.5*math.Pow(1-fractionOf(i), -1/1.3))
}

// The work of a job, by the mix: "trivial", "1", "10" or "100" µs each, or "tail". And how many there are.
func work(mix string, count int) (func(uint64) uint64, int) {
	const workUs = 200_000
	alike := func(us int) (func(uint64) uint64, int) {
		rounds := uint64(us * roundsInUs)
		return func(i uint64) uint64 { return churn(i, rounds) }, workUs / us
	}
	switch mix {
	case "1":
		return alike(1)
	case "10":
		return alike(10)
	case "100":
		return alike(100)
	case "tail":
		lengths := make([]uint64, 20_000)
		for i := range lengths {
			lengths[i] = uint64(heavyTailedUs(uint64(i)) * roundsInUs)
		}
		return func(i uint64) uint64 { return churn(i, lengths[i]) }, len(lengths)
	}
	return func(x uint64) uint64 { return x*x + 1 }, count
}

func worker(task func(uint64) uint64, jobs <-chan job, results chan<- result, wg *sync.WaitGroup) {
	defer wg.Done()
	for j := range jobs {
		results <- result{j.index, task(j.value)}
	}
}

func pool(task func(uint64) uint64, count, workers, capacity, submitters int) []uint64 {
	jobs := make(chan job, capacity)
	results := make(chan result, capacity)
	var wg, sg sync.WaitGroup
	for w := 0; w < workers; w++ {
		wg.Add(1)
		go worker(task, jobs, results, &wg)
	}
	for s := 0; s < submitters; s++ {
		sg.Add(1)
		go func(first, last int) {
			defer sg.Done()
			for i := first; i < last; i++ {
				jobs <- job{i, uint64(i)}
			}
		}(count*s/submitters, count*(s+1)/submitters)
	}
	go func() {
		sg.Wait()
		close(jobs)
		wg.Wait()
		close(results)
	}()
	ordered := make([]uint64, count)
	for r := range results {
		ordered[r.index] = r.value
	}
	return ordered
}

func group(task func(uint64) uint64, count, workers int) []uint64 {
	ordered := make([]uint64, count)
	var g errgroup.Group
	g.SetLimit(workers)
	for i := 0; i < count; i++ {
		i := i
		g.Go(func() error {
			ordered[i] = task(uint64(i))
			return nil
		})
	}
	if g.Wait() != nil {
		return nil
	}
	return ordered
}

func secondsOf(run func()) float64 {
	begun := time.Now()
	run()
	return time.Since(begun).Seconds()
}

func check(ordered, wanted []uint64) {
	if len(ordered) != len(wanted) {
		fmt.Fprintln(os.Stderr, "a result is missing")
		os.Exit(1)
	}
	for i, value := range ordered {
		if value != wanted[i] {
			fmt.Fprintln(os.Stderr, "a result is wrong or not in its place")
			os.Exit(1)
		}
	}
}

func main() {
	mode := flag.String("mode", "pool", "pool or errgroup")
	mix := flag.String("mix", "trivial", "trivial, 1, 10, 100 or tail")
	jobs := flag.Int("jobs", 1_000_000, "trivial jobs in a run")
	workers := flag.Int("workers", 2, "workers")
	capacity := flag.Int("capacity", 65_536, "slots of each channel")
	submitters := flag.Int("submitters", 1, "goroutines that submit")
	runs := flag.Int("runs", 2, "runs that are timed, after one that is not")
	ideal := flag.Bool("ideal", false, "prints the time as a multiple of the ideal")
	flag.Parse()

	task, count := work(*mix, *jobs)
	run := func() []uint64 {
		if *mode == "errgroup" {
			return group(task, count, *workers)
		}
		return pool(task, count, *workers, *capacity, *submitters)
	}
	wanted := make([]uint64, count)
	alone := secondsOf(func() {
		for i := range wanted {
			wanted[i] = task(uint64(i))
		}
	})
	var spent float64
	for r := 0; r <= *runs; r++ {
		var ordered []uint64
		seconds := secondsOf(func() { ordered = run() })
		if r > 0 {
			spent += seconds
		}
		check(ordered, wanted)
	}
	if *ideal {
		fmt.Println(spent / float64(*runs) / (alone / float64(*workers)))
		return
	}
	fmt.Println(spent * 1e9 / float64(*runs) / float64(count))
}
