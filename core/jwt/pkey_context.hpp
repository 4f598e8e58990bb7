// Prepared OpenSSL contexts of one key, handed from call to call: setting one up costs more than most of what is done
// with it.
#pragma once

#include <openssl/evp.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>

namespace pawl {

struct pkey_free {
    void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
    void operator()(EVP_PKEY_CTX* context) const noexcept { EVP_PKEY_CTX_free(context); }
};
using pkey_ptr = std::unique_ptr<EVP_PKEY, pkey_free>;
using pkey_context_ptr = std::unique_ptr<EVP_PKEY_CTX, pkey_free>;

// A few slots; each thread starts looking at its own, so that threads keep to their contexts while there are no more of
// them than slots. Any thread may call; a context belongs to one caller between take() and give().
class pkey_context_pool {
public:
    pkey_context_pool() = default;
    pkey_context_pool(const pkey_context_pool&) = delete;
    pkey_context_pool& operator=(const pkey_context_pool&) = delete;
    ~pkey_context_pool() {
        for (std::atomic<EVP_PKEY_CTX*>& slot : slots_) {
            EVP_PKEY_CTX_free(slot.load(std::memory_order_acquire));
        }
    }

    // Null if none is free: the caller makes one.
    pkey_context_ptr take() noexcept {
        const std::size_t start = first_slot();
        for (std::size_t i = 0; i < slot_count; ++i) {
            std::atomic<EVP_PKEY_CTX*>& slot = slots_[(start + i) % slot_count];
            if (slot.load(std::memory_order_relaxed) != nullptr) {
                if (EVP_PKEY_CTX* context = slot.exchange(nullptr, std::memory_order_acq_rel)) {
                    return pkey_context_ptr(context);
                }
            }
        }
        return nullptr;
    }
    // Freed where all slots are taken.
    void give(pkey_context_ptr context) noexcept {
        const std::size_t start = first_slot();
        for (std::size_t i = 0; i < slot_count; ++i) {
            EVP_PKEY_CTX* expected = nullptr;
            if (slots_[(start + i) % slot_count].compare_exchange_strong(expected, context.get(),
                                                                         std::memory_order_acq_rel)) {
                [[maybe_unused]] const auto* kept = context.release();
                return;
            }
        }
    }

private:
    static constexpr std::size_t slot_count = 16;
    static std::size_t first_slot() noexcept {
        static std::atomic<std::size_t> threads{0};
        thread_local const std::size_t mine = threads.fetch_add(1, std::memory_order_relaxed);
        return mine;
    }
    std::array<std::atomic<EVP_PKEY_CTX*>, slot_count> slots_{};
};

} // namespace pawl
