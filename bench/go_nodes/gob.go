package main

import (
	"bufio"
	"encoding/gob"
	"net"
)

const bufferBytes = 64 * 1024

// One end of a stream of gobs.
type gobs struct {
	in      *bufio.Reader
	out     *bufio.Writer
	decoder *gob.Decoder
	encoder *gob.Encoder
}

func gobsOver(connection net.Conn) *gobs {
	g := gobs{in: bufio.NewReaderSize(connection, bufferBytes), out: bufio.NewWriterSize(connection, bufferBytes)}
	g.decoder = gob.NewDecoder(g.in)
	g.encoder = gob.NewEncoder(g.out)
	return &g
}

func serveGobs(listener net.Listener, method string) error {
	connection, err := listener.Accept()
	if err != nil {
		return err
	}
	g := gobsOver(connection)
	switch method {
	case "Square":
		return answer(g, square)
	case "SquareSlice":
		return answer(g, func(jobs []Job) []Job { return workOnSlice(square, jobs) })
	case "SquareColumns":
		return answer(g, workOnColumns)
	case "Turn":
		return answer(g, turn)
	default:
		return answer(g, func(jobs []Block) []Block { return workOnSlice(turn, jobs) })
	}
}

// Sends what it has when there is nothing more to read.
func answer[M any](g *gobs, work func(M) M) error {
	for {
		var message M
		if err := g.decoder.Decode(&message); err != nil {
			return err
		}
		if err := g.encoder.Encode(work(message)); err != nil {
			return err
		}
		if g.in.Buffered() == 0 {
			if err := g.out.Flush(); err != nil {
				return err
			}
		}
	}
}

// One goroutine encodes, another decodes.
func gobStream[M any](m messages[M]) float64 {
	n := startNode("gob", m.method)
	defer n.stop()
	g := gobsOver(n.dial())
	return m.time(func(jobs int) error {
		slots := make(chan struct{}, m.window)
		go func() {
			ensure(m.sendAll(jobs, func(message M) error {
				select {
				case slots <- struct{}{}:
				default:
					if err := g.out.Flush(); err != nil {
						return err
					}
					slots <- struct{}{}
				}
				return g.encoder.Encode(message)
			}))
			ensure(g.out.Flush())
		}()
		return m.receiveAll(jobs, func() (M, error) {
			var message M
			err := g.decoder.Decode(&message)
			<-slots
			return message, err
		})
	})
}

func gobThereAndBack(which string) int64 {
	n := startNode("gob", "Square")
	defer n.stop()
	g := gobsOver(n.dial())
	return percentile(which, func(j Job) (Job, error) {
		var result Job
		if err := g.encoder.Encode(j); err != nil {
			return result, err
		}
		if err := g.out.Flush(); err != nil {
			return result, err
		}
		err := g.decoder.Decode(&result)
		return result, err
	})
}
