// Bytes that must not outlive their use: wiped on destruction, compared in constant time, never printed.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pawl {

// Overwrites memory in a way the compiler may not leave out (sodium_memzero).
void wipe(void* data, std::size_t size) noexcept;

// True when both have the same length and bytes. The time taken depends on the length of `a` alone.
bool constant_time_equal(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b) noexcept;

// Allocator that wipes what it gives back. Small-string buffers are not allocated, so strings of secrets are
// secret_bytes (a vector), never std::string.
template <class T>
struct wiping_allocator {
    using value_type = T;
    wiping_allocator() = default;
    template <class U>
    constexpr wiping_allocator(const wiping_allocator<U>&) noexcept {}
    T* allocate(std::size_t n) { return std::allocator<T>{}.allocate(n); }
    void deallocate(T* p, std::size_t n) noexcept {
        wipe(p, n * sizeof(T));
        std::allocator<T>{}.deallocate(p, n);
    }
    friend constexpr bool operator==(const wiping_allocator&, const wiping_allocator&) { return true; }
};

using secret_bytes = std::vector<std::uint8_t, wiping_allocator<std::uint8_t>>;

// A password, a SECRET_KEY, a refresh token: text that is a secret. Movable and copyable (a retry needs the copy);
// there is no operator<< and no implicit conversion, so printing one takes intent.
class secret_string {
public:
    // A refresh token and nearly every password need no memory of their own.
    static constexpr std::size_t inline_size_max = 80;

    secret_string() noexcept {}
    explicit secret_string(std::string_view text) : size_(text.size()) {
        if (size_ > inline_size_max) {
            long_.assign(text.begin(), text.end());
        } else {
            text.copy(short_.data(), size_);
        }
    }
    secret_string(const secret_string& other) : secret_string(other.reveal()) {}
    secret_string(secret_string&& other) noexcept : size_(other.size_), long_(std::move(other.long_)) {
        if (size_ <= inline_size_max) {
            other.reveal().copy(short_.data(), size_);
        }
        other.clear();
    }
    secret_string& operator=(const secret_string& other) {
        if (this != &other) {
            *this = secret_string(other);
        }
        return *this;
    }
    secret_string& operator=(secret_string&& other) noexcept {
        if (this != &other) {
            clear();
            size_ = other.size_;
            long_ = std::move(other.long_);
            if (size_ <= inline_size_max) {
                other.reveal().copy(short_.data(), size_);
            }
            other.clear();
        }
        return *this;
    }
    ~secret_string() { clear(); }

    std::string_view reveal() const noexcept { return {size_ > inline_size_max ? long_.data() : short_.data(), size_}; }
    std::size_t size() const noexcept { return size_; }
    bool empty() const noexcept { return size_ == 0; }

private:
    void clear() noexcept {
        if (size_ > inline_size_max) {
            long_ = decltype(long_)(); // `= {}` would keep the memory, and what is in it
        } else if (size_ > 0) {
            wipe(short_.data(), size_);
        }
        size_ = 0;
    }

    std::size_t size_ = 0;
    std::array<char, inline_size_max> short_; // the first size_ bytes, where size_ is no more than fits
    std::vector<char, wiping_allocator<char>> long_;
};

} // namespace pawl
