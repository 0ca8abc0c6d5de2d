package main

import (
	"bytes"
	"encoding/binary"
	"errors"
)

var errNotRight = errors.New("a result is missing, wrong or out of turn")

// What a job is, and how many there are, as in bench/nodes/peers.hpp.
type kind[J any] struct {
	count   int
	warmUp  int
	window  int // at most so many are under way
	make    func(uint64) J
	work    func(J) J
	isRight func(uint64, J) bool
}

// Two numbers there and back.
type Job struct {
	Number uint64
	Value  uint64
}

func makeShort(i uint64) Job {
	return Job{i, i + 1}
}

func square(j Job) Job {
	return Job{j.Number, j.Value * j.Value}
}

func shortIsRight(i uint64, j Job) bool {
	return j == square(makeShort(i))
}

var shortJobs = kind[Job]{2_000_000, 100_000, 65_536, makeShort, square, shortIsRight}

// 1 KiB there and back.
type Block []byte

const (
	blockBytes  = 1024
	numberBytes = 8
)

func makeBlock(i uint64) Block {
	b := bytes.Repeat([]byte{byte(i)}, blockBytes)
	binary.LittleEndian.PutUint64(b, i)
	return b
}

func turn(b Block) Block {
	b[numberBytes] = ^b[numberBytes]
	return b
}

func blockIsRight(i uint64, b Block) bool {
	return bytes.Equal(b, turn(makeBlock(i)))
}

var blocks = kind[Block]{200_000, 10_000, 4_096, makeBlock, turn, blockIsRight}
