#include "storage/store/durable_waiters.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/container/small_vector.hpp>

#include <new>
#include <utility>

namespace pawl::storage {

namespace asio = boost::asio;

namespace {

// Completes a list on its io_context; if the io_context goes away first, destroys it.
class completion {
public:
    explicit completion(durable_waiters::waiter* first) : first_(first) {}
    completion(completion&& other) noexcept : first_(std::exchange(other.first_, nullptr)) {}
    completion& operator=(completion&&) = delete;
    completion(const completion&) = delete;
    completion& operator=(const completion&) = delete;
    ~completion() { run(false); }

    void operator()() { run(true); }

private:
    void run(bool resume) {
        while (first_ != nullptr) {
            durable_waiters::waiter& w = *first_;
            first_ = w.next; // completing frees the waiter
            w.complete(w, resume);
        }
    }
    durable_waiters::waiter* first_;
};

// Named, with nothing but pointers in it: gcc 12 destroys captures of lambdas in a co_await expression twice.
struct start_waiting {
    durable_waiters* waiters;
    durable_waiters::waiter* self;

    template <class Handler>
    void operator()(Handler&& handler) const {
        using handler_type = std::decay_t<Handler>;
        static_assert(sizeof(handler_type) <= sizeof(self->handler));
        // The coroutine may resume elsewhere as soon as it is listed: nothing of this object is used after add().
        durable_waiters& to = *waiters;
        durable_waiters::waiter& w = *self;
        const asio::any_io_executor executor = asio::get_associated_executor(handler);
        ::new (static_cast<void*>(w.handler.data())) handler_type(std::forward<Handler>(handler));
        w.complete = [](durable_waiters::waiter& done, bool resume) {
            auto* const stored = std::launder(reinterpret_cast<handler_type*>(done.handler.data()));
            handler_type taken(std::move(*stored));
            stored->~handler_type();
            if (resume) {
                taken(done.outcome);
            }
        };
        to.add(w, executor);
    }
};

// Waiters are gathered where the executor is a plain io_context's; a strand or a pool gets a post of its own each.
bool gathers(const asio::any_io_executor& executor) {
    return executor.target<asio::io_context::executor_type>() != nullptr;
}

std::size_t shard_of(const asio::any_io_executor& executor, std::size_t count) {
    const auto address = reinterpret_cast<std::uintptr_t>(&executor.context());
    return (address >> 6U) % count;
}

} // namespace

durable_waiters::~durable_waiters() {
    for (shard& s : shards_) {
        for (bucket& b : s.buckets) {
            const completion destroys(b.first);
        }
    }
}

task<bool> durable_waiters::wait(std::uint64_t sequence) {
    if (failed()) {
        co_return false;
    }
    if (is_durable(sequence)) {
        co_return true;
    }
    waiter self;
    self.sequence = sequence;
    const start_waiting start{this, &self};
    // Deferred: use_awaitable would make a coroutine of its own out of it.
    auto listed = asio::async_initiate<const asio::deferred_t, void(bool)>(start, asio::deferred);
    const bool outcome = co_await std::move(listed);
    co_return outcome;
}

void durable_waiters::add(waiter& w, const asio::any_io_executor& executor) {
    const bool gathered = gathers(executor);
    shard& s = shards_[shard_of(executor, shards_.size())];
    {
        const std::lock_guard lock(s.mutex);
        const bool durable = is_durable(w.sequence);
        if (!durable && !failed()) {
            bucket* into = nullptr;
            for (bucket& b : s.buckets) {
                if (gathered && b.executor == executor) {
                    into = &b;
                }
            }
            if (into == nullptr) {
                into = &s.buckets.emplace_back(bucket{executor, nullptr, nullptr});
            }
            (into->last == nullptr ? into->first : into->last->next) = &w;
            into->last = &w;
            return;
        }
        w.outcome = durable && !failed();
    }
    post({executor, &w});
}

template <class Predicate>
void durable_waiters::wake(bool outcome, Predicate is_ready) {
    boost::container::small_vector<ready, 8> posts; // one an io_context
    for (shard& s : shards_) {
        const std::lock_guard lock(s.mutex);
        for (std::size_t i = s.buckets.size(); i-- > 0;) {
            bucket& b = s.buckets[i];
            ready r{b.executor, nullptr};
            waiter** ready_end = &r.first;
            waiter* kept_last = nullptr;
            waiter** kept_end = &b.first;
            for (waiter* w = b.first; w != nullptr;) {
                waiter* const next = std::exchange(w->next, nullptr);
                if (is_ready(*w)) {
                    w->outcome = outcome;
                    *ready_end = w;
                    ready_end = &w->next;
                } else {
                    *kept_end = w;
                    kept_end = &w->next;
                    kept_last = w;
                }
                w = next;
            }
            *kept_end = nullptr;
            b.last = kept_last;
            if (r.first != nullptr) {
                posts.push_back(std::move(r));
            }
            if (b.first == nullptr) {
                if (&b != &s.buckets.back()) {
                    b = std::move(s.buckets.back());
                }
                s.buckets.pop_back();
            }
        }
    }
    for (ready& r : posts) {
        post(std::move(r));
    }
}

void durable_waiters::post(ready r) {
    asio::post(r.executor, completion(r.first));
}

void durable_waiters::advance(std::uint64_t through) {
    through_.store(through, std::memory_order_release);
    wake(true, [through](const waiter& w) { return w.sequence <= through; });
}

void durable_waiters::fail() {
    failed_.store(true, std::memory_order_release);
    wake(false, [](const waiter&) { return true; });
}

std::size_t durable_waiters::waiting() const {
    std::size_t n = 0;
    for (const shard& s : shards_) {
        const std::lock_guard lock(s.mutex);
        for (const bucket& b : s.buckets) {
            for (const waiter* w = b.first; w != nullptr; w = w->next) {
                ++n;
            }
        }
    }
    return n;
}

} // namespace pawl::storage
