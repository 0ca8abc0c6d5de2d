package main

// How jobs go into a call or a gob: one by one, in slices, or in columns, whose numbers gob need not look at one
// by one by reflection.
type messages[M any] struct {
	method string // of the node that answers them
	jobs   int    // in each, but perhaps the last
	count  int    // of jobs
	warmUp int
	window int // of messages
	make   func(first uint64, jobs int) M
	work   func(M) M
	// How many jobs it has, from `first` on; 0 if a result is not right.
	check func(first uint64, m M) int
}

func oneByOne[J any](k kind[J], method string) messages[J] {
	return messages[J]{
		method, 1, k.count, k.warmUp, k.window,
		func(first uint64, _ int) J { return k.make(first) },
		k.work,
		func(first uint64, j J) int {
			if k.isRight(first, j) {
				return 1
			}
			return 0
		},
	}
}

// Returns the results in the place of the jobs.
func workOnSlice[J any](work func(J) J, slice []J) []J {
	for i, j := range slice {
		slice[i] = work(j)
	}
	return slice
}

func inSlices[J any](k kind[J], method string, jobs int) messages[[]J] {
	return messages[[]J]{
		method, jobs, k.count, k.warmUp, k.window / jobs,
		func(first uint64, jobs int) []J {
			slice := make([]J, 0, jobs)
			for i := uint64(0); i < uint64(jobs); i++ {
				slice = append(slice, k.make(first+i))
			}
			return slice
		},
		func(slice []J) []J { return workOnSlice(k.work, slice) },
		func(first uint64, slice []J) int {
			for i, j := range slice {
				if !k.isRight(first+uint64(i), j) {
					return 0
				}
			}
			return len(slice)
		},
	}
}

// Short jobs.
type Columns struct {
	Numbers []uint64
	Values  []uint64
}

// Returns the results in the place of the jobs.
func workOnColumns(c Columns) Columns {
	for i, n := range c.Numbers {
		c.Values[i] = square(Job{n, c.Values[i]}).Value
	}
	return c
}

func inColumns(jobs int) messages[Columns] {
	k := shortJobs
	return messages[Columns]{
		"SquareColumns", jobs, k.count, k.warmUp, k.window / jobs,
		func(first uint64, jobs int) Columns {
			c := Columns{make([]uint64, 0, jobs), make([]uint64, 0, jobs)}
			for i := uint64(0); i < uint64(jobs); i++ {
				j := k.make(first + i)
				c.Numbers = append(c.Numbers, j.Number)
				c.Values = append(c.Values, j.Value)
			}
			return c
		},
		workOnColumns,
		func(first uint64, c Columns) int {
			if len(c.Values) != len(c.Numbers) {
				return 0
			}
			for i, n := range c.Numbers {
				if !k.isRight(first+uint64(i), Job{n, c.Values[i]}) {
					return 0
				}
			}
			return len(c.Numbers)
		},
	}
}

// Nanoseconds for each job; `run` does so many.
func (m messages[M]) time(run func(jobs int) error) float64 {
	return timeOfAJob(m.warmUp, m.count, run)
}

// Sends jobs that are made one by one.
func (m messages[M]) sendAll(jobs int, send func(M) error) error {
	for first := 0; first < jobs; first += m.jobs {
		these := m.jobs
		if these > jobs-first {
			these = jobs - first
		}
		if err := send(m.make(uint64(first), these)); err != nil {
			return err
		}
	}
	return nil
}

// Receives and checks so many jobs.
func (m messages[M]) receiveAll(jobs int, receive func() (M, error)) error {
	for next := 0; next < jobs; {
		message, err := receive()
		if err != nil {
			return err
		}
		right := m.check(uint64(next), message)
		if right == 0 {
			return errNotRight
		}
		next += right
	}
	return nil
}
