#pragma once

/// All of Weir's public face. Use parallel_map if all inputs are known, a pool if callers each want
/// their own answer, a stream if jobs arrive one by one and one receiver takes all outcomes, a pipeline if
/// values pass several stages, first_of if the first of several answers will do.

#include <weir/actors/context.hpp>
#include <weir/actors/error.hpp>
#include <weir/runtime/engine.hpp>
#include <weir/runtime/first_of.hpp>
#include <weir/runtime/keyed.hpp>
#include <weir/runtime/options.hpp>
#include <weir/runtime/parallel_map.hpp>
#include <weir/runtime/pipeline.hpp>
#include <weir/runtime/pool.hpp>
#include <weir/runtime/pressure_gauge.hpp>
#include <weir/runtime/sharded_map.hpp>
#include <weir/runtime/stream.hpp>
#include <weir/runtime/trace/trace_span.hpp>
#include <weir/runtime/trace/tracer.hpp>
#include <weir/runtime/worker_from_actor.hpp>
