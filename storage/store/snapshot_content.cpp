#include "storage/store/snapshot_content.hpp"

#include "storage/entity/plain.hpp"
#include "storage/store/store_state.hpp"

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

namespace pawl::storage {

namespace {

constexpr std::size_t users_at_once = 1000, tokens_at_once = 1000, mails_at_once = 1000;

// What the footer says of how many there are.
void count(snapshot_counts& counts, as<family_created_record> /*one*/) {
    ++counts.families;
}
void count(snapshot_counts& counts, as<user> /*one*/) {
    ++counts.users;
}
void count(snapshot_counts& /*counts*/, as<serving_note> /*one*/) {}
void count(snapshot_counts& /*counts*/, as<mail> /*one*/) {}
template <plain_entity Record>
void count(snapshot_counts& /*counts*/, as<Record> /*one*/) {} // its table is not sized before

// One slab at a time: encoded within a read section, handed on outside of it, since handing on writes to disk.
class snapshot_content {
public:
    snapshot_content(store_state& s, const record_sink& sink) : s_(s), sink_(sink) {}

    // In the order of all_records: families first, since the user of each was published before it, so the users that
    // follow include it.
    snapshot_counts write() {
        for_each_record([this]<class Record>(as<Record> one) {
            if constexpr (in_snapshots(declaration<Record>::kind)) {
                write(one);
            }
        });
        const std::lock_guard lock(s_.users.mutex);
        counts_.next_user_id = s_.users.next_id;
        return counts_;
    }

private:
    // --- One for each record that snapshots hold.
    void write(as<family_created_record> /*one*/) {
        for (std::size_t slab = 0; slab < s_.families.slab_count(); ++slab) {
            write_slab(slab);
        }
    }
    void write(as<user> /*one*/) {
        user_id after;
        while (write_users(after)) {
        }
    }
    void write(as<serving_note> /*one*/) {
        for (const outage& o : s_.outages.all()) {
            put<serving_note>(serving_version, encode_serving(o));
        }
    }

    template <plain_entity Record>
    void write(as<Record> /*one*/) {
        for_each_plain(s_.plain.of<Record>(), [this](const Record& r) { put<Record>(version_of(r), encode_body(r)); });
    }

    // Those that the registry holds, as they are at one moment: taken under its mutex, encoded after it.
    template <named_entity Record>
    void write(as<Record> /*one*/) {
        std::vector<std::shared_ptr<const Record>> all;
        {
            const std::lock_guard lock(s_.entities.mutex);
            all = s_.entities.of<Record>().tombstones_and_current();
        }
        for (const auto& record : all) {
            put<Record>(version_of(*record), encode_body(*record));
        }
    }
    // A token that has expired is dead without it.
    void write(as<revoked_token> /*one*/) {
        const timestamp now = s_.time.now();
        std::vector<revoked_token> some;
        std::optional<revoked_token> last;
        do {
            {
                const std::lock_guard lock(s_.entities.mutex);
                some = s_.entities.revoked_after(last, tokens_at_once);
            }
            for (const revoked_token& token : some) {
                last = token;
                if (token.expires_at > now) {
                    put<revoked_token>(version_of(token), buffer_.encode(token));
                }
            }
        } while (!some.empty());
    }

    // Before the users: the version that a mail belongs to was published before it, so it follows or a newer one does.
    // Which mails belong to a version that is met, write_users() says.
    void write(as<mail> /*one*/) {
        std::optional<mail_id> last;
        for (std::vector<mail_ptr> some = mails_after(last); !some.empty(); some = mails_after(last)) {
            for (const mail_ptr& m : some) {
                put<mail>(version_of(*m), encode_body(*m));
            }
            last = some.back()->id;
        }
    }
    std::vector<mail_ptr> mails_after(const std::optional<mail_id>& last) const {
        const std::lock_guard lock(s_.mails.mutex);
        return s_.mails.after(last, mails_at_once);
    }

    void write(as<consent> /*one*/) {
        user_id last;
        for (bool more = true; more;) {
            std::vector<consent_ptr> some;
            {
                const std::lock_guard lock(s_.entities.mutex);
                some = s_.entities.consents.after(last, users_at_once);
            }
            for (const consent_ptr& one : some) {
                put<consent>(version_of(*one), buffer_.encode(*one));
            }
            more = !some.empty();
        }
    }

    template <class Record>
    void put(std::uint16_t version, std::span<const std::uint8_t> body) {
        sink_(type_of<Record>, version, body);
        count(counts_, as<Record>{});
    }

    void write_slab(std::size_t slab) {
        bytes_.clear();
        ends_.clear();
        {
            const rcu_read_guard section;
            s_.families.walk(slab, [this](family_node& node) {
                const family_word word = node.load();
                const std::uint32_t ended_after = word.live() ? 0 : node.ended_after();
                const family_created_record record{node.facts(), word, ended_after, node.last_use()};
                const std::span<const std::uint8_t> body = buffer_.encode(record);
                bytes_.insert(bytes_.end(), body.begin(), body.end());
                ends_.push_back({bytes_.size(), version_of(record)});
            });
        }
        std::size_t begin = 0;
        for (const auto [end, version] : ends_) {
            put<family_created_record>(version, std::span(bytes_).subspan(begin, end - begin));
            begin = end;
        }
    }

    // False where there are no more after `after`, which becomes the last one written.
    bool write_users(user_id& after) {
        struct version {
            user_ptr record;
            std::vector<mail_ptr> mails;
        };
        std::vector<version> records;
        const std::vector<user_slot*> slots = s_.users.some(after, users_at_once);
        if (slots.empty()) {
            return false;
        }
        after = slots.back()->id;
        {
            const rcu_read_guard section;
            for (const user_slot* const slot : slots) {
                const user_version& now = *slot->current.load(std::memory_order_acquire);
                records.push_back({now.record, now.mails});
            }
        }
        for (const version& one : records) {
            put<user>(version_of(*one.record), encode_body(*one.record));
            for (const mail_ptr& m : one.mails) { // it may not have been there when mails were written
                put<mail>(version_of(*m), encode_body(*m));
            }
        }
        return true;
    }

    store_state& s_;
    const record_sink& sink_;
    record_buffer buffer_;
    std::vector<std::uint8_t> bytes_;
    struct body_end {
        std::size_t at = 0;
        std::uint16_t version = 1;
    };
    std::vector<body_end> ends_;
    snapshot_counts counts_;
};

} // namespace

snapshot_counts write_snapshot_content(store_state& s, const record_sink& sink) {
    return snapshot_content(s, sink).write();
}

} // namespace pawl::storage
