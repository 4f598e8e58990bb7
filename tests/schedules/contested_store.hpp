// One user, a family of it, and what several parties ask of the store about them at once: every answer is kept and
// must be what some order of the calls would have given, and whatever a party was told to have waited for is on the
// disk by then.
#pragma once

#include "core/provider/client.hpp"
#include "storage/entity/record_codec.hpp"
#include "tests/schedules/history.hpp"
#include "tests/schedules/scheduler.hpp"
#include "tests/storage/store_fixture.hpp"

#include <map>
#include <string>
#include <vector>

namespace pawl::test {

// The log of store_fixture, whose calls are steps of the schedule.
class scheduled_log final : public storage::test::memory_log {
public:
    using memory_log::memory_log;
    bool reserve(storage::log_room room, std::uint32_t records) noexcept override {
        schedule_point();
        return memory_log::reserve(room, records);
    }
    std::uint64_t enqueue_group(storage::log_room room, storage::log_urgency urgency,
                                std::span<const storage::new_record> group) noexcept override {
        schedule_point();
        return memory_log::enqueue_group(room, urgency, group);
    }
};

// A store that does one thing at a time.
struct model_store {
    struct person {
        std::uint64_t version = 0;
        user_gate gate;
        bool deleted = false;
    };
    std::map<user_id, person> users;
    std::map<family_id, std::pair<user_id, family_word>> families;
    bool sweeps = false; // a dead family may be gone at any time
    family_id kept;      // but this one, whose code may still be good

    bool admits(const family_id& id, family_word word, const person& of) const {
        return word.live() && of.gate.admits(id, 0);
    }
    bool may_be_gone(const family_id& id) const {
        const auto at = families.find(id);
        return at == families.end() ||
               (sweeps && id != kept && !admits(id, at->second.second, users.at(at->second.first)));
    }
};

enum class party : std::uint8_t {
    rotate,   // a refresh, twice where it was not quick enough
    end,      // a logout
    confirm,  // a bearer token of the current generation
    disable,  // closes the gate
    remove,   // deletes the user
    look,     // word and gate, and where they say no: waits for what that rests on
    log_in,   // another family
    end_all,  // every family that the list shows
    rejoin,   // signs up with the same name
    sync,     // the disk takes a batch
    snapshot, // everything as it is
    maintain, // frees what is dead
    erase,    // deletes the user and does all that frees it
    use_code, // inserts the family that a code carries; where it is there the code came back, which ends it
    end_used, // ends that family
};
inline constexpr std::array all_parties{party::rotate, party::end,  party::confirm,  party::disable,
                                        party::remove, party::look, party::log_in,   party::end_all,
                                        party::rejoin, party::sync, party::snapshot, party::maintain};
const char* name_of(party p);

class contested_store {
public:
    struct setting {
        bool durable = true; // what is there at the beginning is on the disk
        bool swept = false;  // dead families may go meanwhile
        bool ended = false;  // the family has ended, and may be swept
        bool used = false;   // the code was used, its family has ended, and but for the code it would be swept
    };
    contested_store(scheduler& turns, setting how);

    void act(party what);
    // After all are done. What is wrong is in `broken`.
    void check_end(bool with_restart);
    bool help(); // no thread can go on: the disk takes what it has been given

    std::vector<std::string> broken;
    std::string story() const { return history_.describe(); }

private:
    using call = call_history<model_store>::call;
    using explanation = call_history<model_store>::explanation;
    template <class Work>
    void record(const std::string& text, Work&& work);
    std::optional<family_state> find(const family_id& id);
    exchange_result exchange(const family_id& id, family_word expected, family_word desired);
    void replace(const user& desired);

    void rotate();
    void end(const family_id& id);
    void confirm();
    void close_gate(bool for_good);
    void look();
    void log_in();
    void end_all();
    void rejoin();
    void erase();
    family_facts facts_of_used() const;
    void use_code();

    // The party that runs this waits for the ticket; from then on the word, or the version, must survive.
    void told(result<ticket> rests, const family_id& id, family_word word);
    void told(result<ticket> rests, user_id id, std::uint64_t version);
    void wait_for(result<ticket> rests);
    // What recovery would come to now.
    struct kept {
        std::map<family_id, family_word> words;
        std::map<user_id, user> users;
    };
    kept on_disk() const;
    bool listed(const family_id& id) const;
    void require(bool holds, const std::string& what);

    scheduler& turns_;
    storage::test::manual_clock time_;
    std::shared_ptr<storage::test::memory_disk> disk_ = std::make_shared<storage::test::memory_disk>();
    storage::embedded_store_options options_;
    scheduled_log* log_ = nullptr;
    std::unique_ptr<storage::embedded_store> data_;
    user_id ann_;
    family_id first_, used_;
    model_store start_;
    call_history<model_store> history_;
};

} // namespace pawl::test
