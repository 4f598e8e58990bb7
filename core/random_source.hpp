// Port: where unpredictable bytes come from. Tests pass a seeded one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace pawl {

class random_source {
public:
    virtual ~random_source() = default;
    // Fills `out` with bytes fit for keys. Any thread may call it. Never fails: where the system has no randomness to
    // give, the process aborts.
    virtual void fill(std::span<std::uint8_t> out) = 0;
};

} // namespace pawl
