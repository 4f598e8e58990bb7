// Little-endian integers in byte buffers, and buffers aligned for direct I/O. Shared by the codecs of storage/.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <utility>

namespace pawl::storage {

static_assert(std::endian::native == std::endian::little, "the codecs copy integers as they lie in memory");

using bytes_view = std::span<const std::uint8_t>;
using store_uuid = std::array<std::uint8_t, 16>;
using tag16 = std::array<std::uint8_t, 16>;

template <class T>
void store_le(std::uint8_t* at, T value) noexcept {
    std::memcpy(at, &value, sizeof value);
}

template <class T>
T load_le(const std::uint8_t* at) noexcept {
    T value;
    std::memcpy(&value, at, sizeof value);
    return value;
}

// `unit` is a power of two.
constexpr std::uint64_t round_up(std::uint64_t n, std::uint64_t unit) noexcept {
    return (n + unit - 1) & ~(unit - 1);
}
constexpr std::uint64_t round_down(std::uint64_t n, std::uint64_t unit) noexcept {
    return n & ~(unit - 1);
}

// Offset of the first byte that is not zero, or `bytes.size()`.
inline std::size_t find_nonzero(bytes_view bytes) noexcept {
    std::size_t i = 0;
    for (; i + 64 <= bytes.size(); i += 64) {
        std::uint64_t sum = 0;
        for (std::size_t k = 0; k < 64; k += 8) {
            sum |= load_le<std::uint64_t>(bytes.data() + i + k);
        }
        if (sum != 0) {
            break;
        }
    }
    while (i < bytes.size() && bytes[i] == 0) {
        ++i;
    }
    return i;
}

inline bool all_zero(bytes_view bytes) noexcept {
    return find_nonzero(bytes) == bytes.size();
}

// Memory whose address suits O_DIRECT on any usual device. Uninitialised; keeps its memory when it shrinks.
class aligned_buffer {
public:
    static constexpr std::size_t alignment = 4096;

    aligned_buffer() = default;
    aligned_buffer(aligned_buffer&& other) noexcept
        : memory_(std::move(other.memory_)), size_(std::exchange(other.size_, 0)),
          capacity_(std::exchange(other.capacity_, 0)) {}
    aligned_buffer& operator=(aligned_buffer&& other) noexcept {
        memory_ = std::move(other.memory_);
        size_ = std::exchange(other.size_, 0);
        capacity_ = std::exchange(other.capacity_, 0);
        return *this;
    }

    // Contents are lost where it grows.
    void resize(std::size_t size) {
        if (size > capacity_) {
            capacity_ = static_cast<std::size_t>(round_up(size, alignment));
            memory_.reset(static_cast<std::uint8_t*>(::operator new(capacity_, std::align_val_t{alignment})));
        }
        size_ = size;
    }
    std::uint8_t* data() noexcept { return memory_.get(); }
    std::size_t size() const noexcept { return size_; }
    // All that may be read into: size rounded up to the alignment.
    std::size_t capacity() const noexcept { return capacity_; }
    std::span<std::uint8_t> span() noexcept { return {memory_.get(), size_}; }
    bytes_view view() const noexcept { return {memory_.get(), size_}; }

private:
    struct release {
        void operator()(std::uint8_t* p) const noexcept { ::operator delete(p, std::align_val_t{alignment}); }
    };
    std::unique_ptr<std::uint8_t, release> memory_;
    std::size_t size_ = 0, capacity_ = 0;
};

} // namespace pawl::storage
