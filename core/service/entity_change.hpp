// How client_service changes a record: one change at a time looks, decides and puts; then the answer waits until what
// it rests on is durable. Inner header of core/service.
#pragma once

#include "core/service/admin_service.hpp"
#include "core/service/durable_answer.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace pawl {

// Holds the flag while it lives. Changes of operators are rare and short: a miss sleeps in the kernel.
class change_guard {
public:
    explicit change_guard(std::atomic_flag& flag) : flag_(flag) {
        while (flag_.test_and_set(std::memory_order_acquire)) {
            flag_.wait(true, std::memory_order_relaxed);
        }
    }
    change_guard(const change_guard&) = delete;
    change_guard& operator=(const change_guard&) = delete;
    ~change_guard() {
        flag_.clear(std::memory_order_release);
        flag_.notify_one();
    }

private:
    std::atomic_flag& flag_;
};

// What was decided, and what telling it rests on.
template <class T>
struct entity_answer {
    result<T> outcome;
    ticket wait_for = ticket::none;
};

// Awaited directly: `data` outlives the call.
template <class T>
task<result<T>> tell(store& data, entity_answer<T> decided) {
    task<result<void>> accepted = acceptance(data, decided.wait_for);
    const result<void> stands = co_await std::move(accepted);
    if (!stands) {
        co_return stands.error();
    }
    co_return std::move(decided.outcome);
}

// How the port knows a kind of record by its name.
struct client_port {
    using record = client;
    static constexpr errc not_found = errc::client_not_found, taken = errc::client_id_taken;
    static client_ptr find(const registry& all, std::string_view name) { return all.find_client(name); }
    static result<put_result> put(registry& all, const client& c) { return all.put_client(c); }
};
struct api_port {
    using record = api;
    static constexpr errc not_found = errc::api_not_found, taken = errc::api_taken;
    static api_ptr find(const registry& all, std::string_view name);
    static result<put_result> put(registry& all, const api& a) { return all.put_api(a); }
};
struct scope_port {
    using record = scope;
    static constexpr errc not_found = errc::scope_not_found, taken = errc::scope_taken;
    static scope_ptr find(const registry& all, std::string_view name);
    static result<put_result> put(registry& all, const scope& s) { return all.put_scope(s); }
};

// A new record: with its number, or why not.
template <class Port>
entity_answer<std::shared_ptr<const typename Port::record>> put_new(const service_context& context,
                                                                    typename Port::record desired) {
    registry& all = *context.entities;
    const result<put_result> put = Port::put(all, desired);
    if (!put) {
        return {put.error()};
    }
    switch (put->outcome) {
    case put_outcome::done:
        break;
    case put_outcome::taken:
        return {failure(Port::taken), later(put->wait_for, all.rests_on())};
    case put_outcome::full:
        return {failure(errc::too_many_entities), later(put->wait_for, all.rests_on())};
    default:
        return {storage_failure()};
    }
    desired.number.value = static_cast<decltype(desired.number.value)>(put->number);
    desired.version = 1;
    return {std::make_shared<const typename Port::record>(std::move(desired)), put->wait_for};
}

// What an edit of a copy comes to.
struct edit_outcome {
    bool replaces = false; // else the record is as wanted already
    std::string about;     // for the event
};
template <class Record>
using edit_function = std::function<result<edit_outcome>(Record& desired, const Record& current)>;

// The record of that name as `edit` leaves it, with an event of `kind`. Edits again where another was faster.
template <class Port>
entity_answer<std::shared_ptr<const typename Port::record>>
change_record(const service_context& context, const operator_caller& by, std::string_view name, event_kind kind,
              const edit_function<typename Port::record>& edit) {
    using record = typename Port::record;
    registry& all = *context.entities;
    for (unsigned tries = 0; tries < conflicts_max; ++tries) {
        const std::shared_ptr<const record> current = Port::find(all, name);
        if (current == nullptr) {
            return {failure(Port::not_found), all.rests_on()};
        }
        auto desired = std::make_shared<record>(*current);
        result<edit_outcome> edited = edit(*desired, *current);
        if (!edited) {
            return {edited.error(), all.rests_on()};
        }
        if (!edited->replaces) {
            return {current, all.rests_on()};
        }
        desired->version = current->version + 1;
        const result<put_result> put = Port::put(all, *desired);
        if (!put) {
            return {put.error()};
        }
        if (put->outcome == put_outcome::done) {
            const ticket noted = record_act(context, by, kind, user_id{}, family_id{}, std::move(edited->about));
            return {std::shared_ptr<const record>(std::move(desired)), later(put->wait_for, noted)};
        }
        if (put->outcome != put_outcome::conflict && put->outcome != put_outcome::gone) {
            break;
        }
    }
    return {storage_failure()};
}

} // namespace pawl
