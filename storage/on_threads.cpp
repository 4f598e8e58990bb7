#include "storage/on_threads.hpp"

#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace pawl::storage {

void on_threads(unsigned count, const std::function<void()>& work) {
    std::mutex mutex;
    std::exception_ptr thrown;
    const auto one = [&]() noexcept {
        try {
            work();
        } catch (...) {
            const std::lock_guard lock(mutex);
            if (!thrown) {
                thrown = std::current_exception();
            }
        }
    };
    std::vector<std::thread> others;
    others.reserve(count);
    const auto started_another = [&] {
        try {
            others.emplace_back(one);
            return true;
        } catch (const std::system_error&) {
            return false; // none to be had: with fewer, then
        }
    };
    while (others.size() + 1 < count && started_another()) {
    }
    one();
    for (std::thread& thread : others) {
        thread.join();
    }
    if (thrown) {
        std::rethrow_exception(thrown);
    }
}

} // namespace pawl::storage
