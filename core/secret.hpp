// Bytes that must not outlive their use: wiped on destruction, compared in constant time, never printed.
#pragma once

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
    secret_string() = default;
    explicit secret_string(std::string_view text) : chars_(text.begin(), text.end()) {}
    std::string_view reveal() const noexcept { return {chars_.data(), chars_.size()}; }
    std::size_t size() const noexcept { return chars_.size(); }
    bool empty() const noexcept { return chars_.empty(); }

private:
    std::vector<char, wiping_allocator<char>> chars_;
};

} // namespace pawl
