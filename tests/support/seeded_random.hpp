// A random_source that gives the same bytes for the same seed. For tests only: splitmix64 is no generator of secrets.
#pragma once

#include "core/random_source.hpp"

#include <cstdint>
#include <mutex>

namespace pawl::test {

class seeded_random final : public random_source {
public:
    explicit seeded_random(std::uint64_t seed) : state_(seed) {}

    void fill(std::span<std::uint8_t> out) override {
        const std::lock_guard lock(mutex_);
        for (std::uint8_t& byte : out) {
            state_ += 0x9E3779B97F4A7C15U;
            std::uint64_t mixed = (state_ ^ state_ >> 30U) * 0xBF58476D1CE4E5B9U;
            mixed = (mixed ^ mixed >> 27U) * 0x94D049BB133111EBU;
            byte = static_cast<std::uint8_t>(mixed >> 56U);
        }
    }

private:
    std::mutex mutex_;
    std::uint64_t state_;
};

} // namespace pawl::test
