#include "app/dev/realm.hpp"

#include "app/dev/fixture.hpp"
#include "app/dev/repeatable_keys.hpp"
#include "storage/backup/fresh_ids.hpp"

#include <utility>

namespace pawl::app {

namespace {

// `purpose` is of --rng-seed.
key_ring_ptr fresh_keys(const realm_shared& shared, std::string_view name, const key_ring_options& options,
                        std::string_view purpose) {
    if (!shared.settings.rng_seed) {
        return keys_in_memory(options, shared.random, shared.time.now());
    }
    repeatable_random random(*shared.settings.rng_seed, name, purpose);
    return repeatable_keys(options, random);
}

key_ring_ptr fresh_keys(const realm_shared& shared, std::string_view name) {
    return fresh_keys(shared, name, key_file_options_of(shared.settings).ring, "keys");
}

// Keys for ID tokens: a realm has one of each algorithm, whatever worlds follow each other in it. An RSA key takes a
// tenth of a second to make, and services keep key sets. Kept by the worlds, which may outlive their realm.
signer_source kept_signers(const realm_shared& shared, const std::string& name) {
    struct kept {
        std::mutex mutex;
        std::map<jws_algorithm, std::shared_ptr<const jws_key>> keys;
    };
    return [&shared, name, all = std::make_shared<kept>()](jws_algorithm algorithm) {
        const std::lock_guard lock(all->mutex);
        std::shared_ptr<const jws_key>& key = all->keys[algorithm];
        if (key == nullptr) {
            key = fresh_keys(shared, name, {.algorithm = algorithm}, "id tokens")->signing_key;
        }
        return key;
    };
}

} // namespace

realm::realm(const realm_shared& shared, fixture& home, std::string name, key_ring_ptr file_keys, bury_function bury)
    : shared_(shared), home_(home), name_(std::move(name)), in_memory_(true), keys_from_file_(file_keys != nullptr),
      first_keys_(file_keys ? std::move(file_keys) : fresh_keys(shared, name_)), signers_(kept_signers(shared, name_)),
      bury_(std::move(bury)) {
    now_ = begin(beginning());
}

realm::realm(const realm_shared& shared, fixture& home, key_ring_ptr file_keys,
             std::unique_ptr<storage::embedded_store> data, sync_stall& stall, bury_function bury)
    : shared_(shared), home_(home), in_memory_(false), keys_from_file_(true), first_keys_(std::move(file_keys)),
      stall_(&stall), bury_(std::move(bury)) {
    now_ = adopt(fresh_world(0), first_keys_, std::move(data));
}

std::unique_ptr<realm_instance> realm::fresh_world(std::uint64_t random_calls) {
    auto fresh = std::make_unique<realm_instance>(shared_);
    if (in_memory_ && shared_.settings.rng_seed) {
        auto counted = std::make_shared<repeatable_random>(*shared_.settings.rng_seed, name_, "service", random_calls);
        fresh->counted = counted.get();
        fresh->own_random = std::move(counted);
    }
    return fresh;
}

realm_instance_ptr realm::adopt(std::unique_ptr<realm_instance> fresh, key_ring_ptr keys,
                                std::unique_ptr<storage::embedded_store> data) {
    random_source& random = fresh->own_random ? *fresh->own_random : shared_.random;
    fresh->catches_mails = in_memory_ || !shared_.has_relay;
    instance_shared parts{shared_.settings, shared_.time, random, shared_.passwords, shared_.real_time, shared_.log};
    parts.development = &fresh->clock;
    parts.has_relay = shared_.has_relay;
    parts.fresh_signer = signers_;
    parts.another_signer = [&shared = shared_, &random](jws_algorithm algorithm) {
        const key_ring_options options{.algorithm = algorithm};
        return (shared.settings.rng_seed ? repeatable_keys(options, random)
                                         : keys_in_memory(options, random, shared.time.now()))
            ->signing_key;
    };
    if (in_memory_) {
        parts.throttle_slots = realm_throttle_slots;
        parts.verified_tokens_max = realm_verified_tokens_max;
    }
    fresh->it = std::make_unique<instance>(parts, std::move(keys), std::move(data));
    if (!issuer_.empty()) {
        fresh->it->set_issuer(issuer_);
    }
    app_context& context = fresh->it->context();
    context.development_realm = this;
    context.development_random = &random;
    if (fresh->catches_mails) {
        context.box = &fresh->box;
        context.mails_out->open({}); // who answers requests carries them
        context.send_mail_now = [this, w = fresh.get()](composed_mail m) -> task<relay_outcome> {
            return put_in_box(*w, std::move(m));
        };
    }
    context.metrics_text = [shared = &shared_, it = fresh->it.get()] { return shared->metrics_text(*it); };
    return {fresh.release(), [bury = bury_](realm_instance* w) { bury(std::unique_ptr<realm_instance>(w)); }};
}

// What the seed says, as of now where it does not say when.
realm_snapshot realm::beginning() {
    realm_snapshot out;
    out.clock = shared_.start.clock;
    out.frozen = shared_.start.frozen;
    const std::unique_ptr<realm_instance> scratch = fresh_world(0); // for its source of ids alone
    random_source& random = scratch->own_random ? *scratch->own_random : shared_.random;
    const realm_instance_ptr before = now(); // whose capsule keys go on, where they are of a file
    const key_ring_ptr keys = keys_from_file_ && before ? before->it->keys().get() : first_keys_;
    out.image = image_of(shared_.start, service_settings_of(shared_.settings), random,
                         to_seconds(out.clock.value_or(shared_.time.now_ms())), keys->capsules.get());
    out.random_calls = scratch->counted != nullptr ? scratch->counted->calls() : 0;
    return out;
}

// A world that takes another's place counts its records from 1 again: the mark tells its events from that one's.
std::uint64_t realm::next_mark() {
    const std::uint64_t before = worlds_++;
    if (before == 0) {
        return 0;
    }
    if (shared_.settings.rng_seed) {
        repeatable_random random(*shared_.settings.rng_seed, name_, "marks", before);
        return storage::draw_restore_mark(random);
    }
    return storage::draw_restore_mark(shared_.random);
}

relay_outcome realm::caught(realm_instance& w, composed_mail m) {
    random_source& random = w.own_random ? *w.own_random : shared_.random;
    return w.box.put(std::move(m), w.clock.now(), faults_.take_mail(random));
}

task<relay_outcome> realm::put_in_box(realm_instance& w, composed_mail m) {
    co_return caught(w, std::move(m));
}

void realm::carry_mails(realm_instance& w) {
    if (!w.catches_mails) {
        return;
    }
    const std::lock_guard lock(w.carrying);
    mail_desk& desk = w.it->mails_out();
    while (desk.may_be_due(w.clock.now())) {
        mail_desk::turn turn = desk.take();
        if (turn.send.empty()) {
            return;
        }
        for (composed_mail& m : turn.send) {
            const outgoing_mail out = m.out;
            desk.settled(out, caught(w, std::move(m)));
        }
    }
}

realm_instance_ptr realm::begin(const realm_snapshot& from) {
    std::unique_ptr<realm_instance> fresh = fresh_world(from.random_calls);
    if (from.frozen) {
        fresh->clock.freeze(true);
    }
    if (from.clock) {
        fresh->clock.set(*from.clock);
    }
    auto log = std::make_unique<storage::memory_log>(from.image, next_mark());
    fresh->log = log.get();
    storage::embedded_store_options options;
    options.maintenance_thread = false; // the fixture goes round all realms
    options.names_rest = names_rest_of(shared_.settings);
    auto data = storage::embedded_store::open_on(std::move(log), std::move(options), fresh->clock.as_clock());
    const realm_instance_ptr before = now();
    key_ring_ptr keys = first_keys_;
    if (keys_from_file_ && before) {
        keys = before->it->keys().get();
    } else if (from.keys) {
        keys = from.keys;
    }
    fresh->box.set(from.mails);
    realm_instance_ptr begun = adopt(std::move(fresh), std::move(keys), std::move(data));
    if (begun->counted != nullptr) {
        begun->counted->go_on_from(from.random_calls); // what making the world drew is of no account
    }
    return begun;
}

void realm::replace(const realm_snapshot& from) {
    realm_instance_ptr before = begin(from);
    {
        const std::lock_guard lock(now_mutex_);
        before.swap(now_);
    }
    close(*before);
    if (ended_) { // a reset that was under way while the realm was removed
        close(*now());
    }
    faults_.clear();
    requests_.clear();
}

void realm::close(realm_instance& w) {
    w.it->events().close(); // those who watch begin anew, with the events of the next world
    w.log->let_go();        // the fixture does not come by for it any more
}

void realm::end() {
    const std::lock_guard lock(changing_);
    ended_ = true;
    close(*now());
}

void realm::set_issuer(const std::string& url) {
    const std::lock_guard lock(changing_);
    issuer_ = url;
    now()->it->set_issuer(url);
}

void realm::reset() {
    const std::lock_guard lock(changing_);
    replace(beginning());
}

realm::outcome realm::snapshot(const std::string& name) {
    const std::lock_guard lock(changing_);
    if (!snapshots_.contains(name) && snapshots_.size() >= dev_snapshots_max) {
        return outcome::full;
    }
    const realm_instance_ptr w = now();
    realm_snapshot taken;
    taken.clock = w->clock.now();
    taken.frozen = w->clock.frozen();
    taken.random_calls = w->counted != nullptr ? w->counted->calls() : 0;
    taken.keys = w->it->keys().get();
    carry_mails(*w);
    taken.mails = w->box.all();
    taken.image = w->log->image(w->it->data());
    if (!taken.image) {
        return outcome::full;
    }
    snapshots_[name] = std::move(taken);
    return outcome::done;
}

realm::outcome realm::restore(const std::string& name) {
    const std::lock_guard lock(changing_);
    const auto found = snapshots_.find(name);
    if (found == snapshots_.end()) {
        return outcome::unknown;
    }
    replace(found->second);
    return outcome::done;
}

bool realm::forget_snapshot(const std::string& name) {
    const std::lock_guard lock(changing_);
    return snapshots_.erase(name) > 0;
}

std::vector<snapshot_line> realm::snapshots() const {
    const std::lock_guard lock(changing_);
    std::vector<snapshot_line> out;
    out.reserve(snapshots_.size());
    for (const auto& [name, kept] : snapshots_) {
        out.push_back({name, kept.image->counts.users, kept.image->counts.families, kept.image->bytes.size()});
    }
    return out;
}

void realm::stall(milliseconds how_long) {
    const steady_time until = std::chrono::steady_clock::now() + how_long;
    if (stall_ != nullptr) {
        stall_->hold_until(until);
        return;
    }
    now()->log->hold_until(until);
    home_.come_by(until);
}

std::optional<realm::steady_time> realm::upkeep(steady_time at, bool with_maintenance) {
    if (with_maintenance) {
        carry_mails(*now());
    }
    if (!in_memory_) {
        return std::nullopt; // its store has a thread of its own
    }
    const realm_instance_ptr w = now();
    if (with_maintenance) {
        w->it->data().maintain_once();
    }
    return w->log->release(at);
}

bool realm::stop(milliseconds limit) {
    if (stall_ != nullptr) {
        stall_->release();
    }
    return now()->it->stop(limit);
}

} // namespace pawl::app
