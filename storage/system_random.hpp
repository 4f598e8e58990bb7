// The system's randomness (getrandom) behind core's port, drawn in advance in small pools, one a thread.
#pragma once

#include "core/random_source.hpp"

namespace pawl::storage {

// Any thread, no lock. Bytes are wiped from the pool as they are handed out, and the rest when the thread ends; a child
// of fork() starts with an empty pool. Large requests bypass the pool. Aborts where the system has no randomness.
class system_random final : public random_source {
public:
    system_random();
    void fill(std::span<std::uint8_t> out) override;
};

} // namespace pawl::storage
