// A sharded map as Go's users write it: each shard a map under a RWMutex. Four goroutines, nine lookups to an
// update. Prints the nanoseconds for each call.
package main

import (
	"flag"
	"fmt"
	"hash/fnv"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

type shard struct {
	sync.RWMutex
	m map[string]uint64
}

type shardedMap []*shard

func newShardedMap(n int) shardedMap {
	shards := make([]*shard, n)
	for i := range shards {
		shards[i] = &shard{m: make(map[string]uint64)}
	}
	return shards
}

func (m shardedMap) shard(key string) *shard {
	h := fnv.New32a()
	h.Write([]byte(key))
	return m[int(h.Sum32())%len(m)]
}

func (m shardedMap) get(key string) (uint64, bool) {
	s := m.shard(key)
	s.RLock()
	defer s.RUnlock()
	v, ok := s.m[key]
	return v, ok
}

func (m shardedMap) set(key string, value uint64) {
	s := m.shard(key)
	s.Lock()
	defer s.Unlock()
	s.m[key] = value
}

func run(m shardedMap, names []string, calls, threads int) int64 {
	var found int64
	var wg sync.WaitGroup
	for t := 0; t < threads; t++ {
		wg.Add(1)
		go func(seed uint64) {
			defer wg.Done()
			var hits int64
			for i := 0; i < calls/threads; i++ {
				seed = seed*6364136223846793005 + 1442695040888963407
				name := names[(seed>>33)%uint64(len(names))]
				if i%10 == 9 {
					m.set(name, uint64(i))
				} else if _, ok := m.get(name); ok {
					hits++
				}
			}
			atomic.AddInt64(&found, hits)
		}(uint64(t) + 1)
	}
	wg.Wait()
	return found
}

func main() {
	calls := flag.Int("calls", 1_000_000, "calls in a run, of all threads together")
	threads := flag.Int("threads", 4, "goroutines")
	keys := flag.Int("keys", 65_536, "keys")
	shards := flag.Int("shards", 64, "shards")
	runs := flag.Int("runs", 2, "runs that are timed, after one that is not")
	flag.Parse()

	names := make([]string, *keys)
	m := newShardedMap(*shards)
	for i := range names {
		names[i] = "key " + strconv.Itoa(i)
		m.set(names[i], 0)
	}
	var spent time.Duration
	for r := 0; r <= *runs; r++ {
		begun := time.Now()
		found := run(m, names, *calls, *threads)
		if r > 0 {
			spent += time.Since(begun)
		}
		if found != int64(*calls / *threads / 10 * 9 * *threads) {
			fmt.Fprintln(os.Stderr, "a key was not found")
			os.Exit(1)
		}
	}
	fmt.Println(float64(spent.Nanoseconds()) / float64(*runs) / float64(*calls))
}
