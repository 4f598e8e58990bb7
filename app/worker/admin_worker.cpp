#include "app/worker/admin_worker.hpp"

#include <exception>
#include <utility>

namespace pawl::app {

struct admin_worker::job final : worker_pool::job {
    explicit job(std::function<void()> w) : work(std::move(w)) {}

    std::function<void()> work;
    std::exception_ptr error;

private:
    void run() noexcept override {
        try {
            work();
        } catch (...) {
            error = std::current_exception();
        }
    }
};

admin_worker::admin_worker(const char* name) : pool_({.name = name, .queue_max = queue_max - 1, .lazy = true}) {}

task<bool> admin_worker::run(std::function<void()> work) {
    worker_pool::place place = pool_.admit();
    if (!place) {
        co_return false;
    }
    const auto j = std::make_shared<job>(std::move(work));
    auto pending = pool_.run(std::move(place), j);
    co_await std::move(pending);
    if (j->error) {
        std::rethrow_exception(j->error);
    }
    co_return !j->refused();
}

} // namespace pawl::app
