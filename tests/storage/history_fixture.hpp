// A data directory written by the store itself, with its writer thread, to be read by storage/history.
#pragma once

#include "storage/history/directory_view.hpp"
#include "tests/storage/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>

#include <stdlib.h>

namespace pawl::storage::test {

struct history_fixture {
    std::string path = "/tmp/pawl-history-XXXXXX";
    secret_bytes log_key = secret_bytes(32, 0x5A);
    manual_clock time;
    embedded_store_options options = store_fixture::without_thread();
    std::unique_ptr<embedded_store> data;

    history_fixture() {
        BOOST_TEST_REQUIRE(::mkdtemp(path.data()) != nullptr);
        options.directory.path = path + "/data";
        options.directory.log_key = &log_key;
        data = embedded_store::open(options, time);
    }
    ~history_fixture() {
        data.reset();
        std::filesystem::remove_all(path);
    }
    void stop() {
        BOOST_TEST(data->stop(milliseconds(10'000)));
        data.reset();
    }
    void reopen() {
        if (data) {
            stop();
        }
        data = embedded_store::open(options, time);
    }
    directory_view view() {
        view_options o;
        o.path = path + "/data";
        o.log_key = &log_key;
        return directory_view(o);
    }

    timestamp now() const { return time.now(); }
    void wait(ticket t) const {
        while (!data->is_durable(t)) {
            std::this_thread::yield();
        }
    }
    user_id add_user(const std::string& name) {
        const auto made = data->insert_user(store_fixture::person(name));
        wait(made->wait_for);
        return made->id;
    }
    static family_use use_from(const char* address, std::string agent, timestamp at) {
        return {at, peer_address_from_text(address).value(), std::move(agent)};
    }
    family_id add_family(user_id user, std::uint8_t number, seconds idle = seconds(86400),
                         seconds absolute = seconds(864000)) {
        family_facts f;
        f.id.bytes.fill(number);
        f.user = user;
        f.epoch = data->find_user(user)->gate.epoch;
        f.created_at = now();
        f.idle_ttl = idle;
        f.absolute_ttl = absolute;
        wait(data->insert_family(f, family_word(), use_from("192.0.2.1", "login", now()))->wait_for);
        return f.id;
    }
    void rotate(const family_id& id, const char* address = "192.0.2.1", const std::string& agent = "client") {
        const family_state s = data->find_family(id).value();
        const auto since = static_cast<std::uint32_t>((now() - s.facts.created_at).count());
        const family_word next = s.word.with_generation(s.word.generation() + 1).with_rotated_at(since);
        wait(data->exchange_family(id, s.word, next, use_from(address, agent, now()))->wait_for);
    }
    void end(const family_id& id, family_status why) {
        const family_state s = data->find_family(id).value();
        wait(data->exchange_family(id, s.word, s.word.with_status(why), use_from("192.0.2.1", "end", now()))->wait_for);
    }
    template <class Change>
    void change(user_id id, const Change& edit) {
        user u = *data->find_user(id);
        ++u.version;
        edit(u);
        wait(data->replace_user(u)->wait_for);
    }
    void close(user_id id, gate_reason why) {
        change(id, [&](user& u) {
            ++u.gate.epoch;
            u.gate.reason = why;
            u.gate.changed_at = now();
            u.gate.enabled = why != gate_reason::disabled && why != gate_reason::deleted;
            if (why == gate_reason::deleted) {
                u.deleted = true;
                u.email.clear();
                u.username.clear();
                u.password_hash.clear();
            }
        });
    }
};

} // namespace pawl::storage::test
