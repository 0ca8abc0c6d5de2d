#pragma once

/// Jobs done by other processes: a coordinator has them, nodes that dial it do them, `remote` is a task for
/// everything that takes one. Beside weir.hpp, as it brings CAF's middleman and OpenSSL along.

#include <weir/runtime/nodes/coordinator.hpp>
#include <weir/runtime/nodes/node.hpp>
#include <weir/runtime/nodes/remote.hpp>
#include <weir/runtime/nodes/task_registry.hpp>
