#include "storage/backup/store_filler.hpp"

#include "storage/exit_code.hpp"

#include <chrono>
#include <thread>

namespace pawl::storage {
namespace {

using steady = std::chrono::steady_clock; // patience only

[[noreturn]] void give_up(const store& data) {
    const char* const why = data.why_not_ready();
    throw refused(exit_code::storage_failed,
                  std::string("the store takes no more: ") + (why != nullptr ? why : "its log does not answer"));
}

} // namespace

// Looking again is simpler than an io_context of its own; nothing else goes on in these programs.
template <class Change>
auto store_filler::until_taken(const Change& change) {
    const auto deadline = steady::now() + wait_max;
    for (;;) {
        auto done = change();
        if (done || done.error().code != errc::storage_unavailable) {
            return done;
        }
        if (steady::now() > deadline) {
            give_up(data_);
        }
        std::this_thread::sleep_for(milliseconds(1));
    }
}

template <class Change>
imported store_filler::taken(const Change& change) {
    const result<imported> done = until_taken(change);
    if (!done) {
        return {import_outcome::refused, ticket::none};
    }
    last_ = later(last_, done->wait_for);
    return *done;
}

imported store_filler::add(const user& u) {
    return taken([&] { return data_.import_user(u); });
}

imported store_filler::add(const family_image& family) {
    return taken([&] {
        return data_.import_family(family.facts, family.word, family.ended_after, family.use_generation, family.use);
    });
}

imported store_filler::add(const client& c) {
    return taken([&] { return entities_->import_client(c); });
}

imported store_filler::add(const api& a) {
    return taken([&] { return entities_->import_api(a); });
}

imported store_filler::add(const scope& s) {
    return taken([&] { return entities_->import_scope(s); });
}

imported store_filler::add(const consent& c) {
    return taken([&] { return entities_->import_consent(c); });
}

imported store_filler::add(const revoked_token& t) {
    return taken([&]() -> result<imported> {
        const result<put_result> done = entities_->put_revoked(t);
        if (!done) {
            return done.error();
        }
        return imported{done->outcome == put_outcome::done ? import_outcome::added : import_outcome::refused,
                        done->wait_for};
    });
}

void store_filler::replace(const user& desired) {
    const result<store::replace_user_result> done = until_taken([&] { return data_.replace_user(desired); });
    if (!done || done->outcome != exchange_outcome::exchanged) {
        throw refused(exit_code::storage_failed, "user " + std::to_string(desired.id.value) + " could not be changed");
    }
    last_ = later(last_, done->wait_for);
}

void store_filler::settle(mail_port& mails, const mail& next) {
    const result<ticket> done = until_taken([&] { return mails.settle_mail(next); });
    if (done) {
        last_ = later(last_, *done);
    }
}

void store_filler::wait() {
    const auto deadline = steady::now() + wait_max;
    while (!data_.is_durable(last_)) {
        if (steady::now() > deadline) {
            give_up(data_);
        }
        std::this_thread::sleep_for(milliseconds(1));
    }
}

} // namespace pawl::storage
