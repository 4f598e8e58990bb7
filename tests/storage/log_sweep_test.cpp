// Rot and tearing at every place of a small log. The oracle: all that was acknowledged is there, or the start is
// refused with the right class. Never a third outcome.
#include "storage/log/crc32c.hpp"
#include "storage/log/frame.hpp"
#include "tests/storage/log_fixture.hpp"

#include <algorithm>

using namespace pawl;
using namespace pawl::test;

namespace {

constexpr std::uint64_t batches = 8;
const std::string first_segment = segment_name(1);

// Eight acknowledged batches, and the COMMIT that proves the last of them.
struct finished_log {
    explicit finished_log(const small_log& s, bool commit = true, bool clean = false) : shape(s) {
        small_store store(*disk, shape);
        for (std::uint64_t i = 1; i <= batches; ++i) {
            starts.push_back(store.appender.at().offset);
            store.append({{static_cast<std::uint8_t>(i % 3), i, 20 + i * 40}, {7, i, 30}});
        }
        starts.push_back(store.appender.at().offset);
        if (commit) {
            store.commit();
        }
        if (clean) {
            store.stop_cleanly();
        }
        end = store.appender.at().offset;
        acknowledged = store.state;
    }

    // True where it started with everything; false where it refused with one of `classes`; fails otherwise.
    bool survives(simulated_disk& changed, std::initializer_list<exit_code> classes = {exit_code::corrupt}) const {
        key_values state;
        const std::optional<refused> r = refusal_on_open(changed, shape, &state);
        if (r) {
            BOOST_REQUIRE_MESSAGE(std::find(classes.begin(), classes.end(), r->kind()) != classes.end(), r->what());
            return false;
        }
        BOOST_REQUIRE_MESSAGE(state == acknowledged, "acknowledged records are gone");
        return true;
    }

    small_log shape;
    std::shared_ptr<simulated_disk> disk = std::make_shared<simulated_disk>();
    std::vector<std::uint64_t> starts; // of the batches, then of what comes after
    std::uint64_t end = 0;
    key_values acknowledged;
};

small_log tight() {
    small_log s;
    s.wal_pad = 64;
    s.first_segment_size = s.segment_size = 12288;
    return s;
}

void zero(simulated_disk& disk, const std::string& name, std::uint64_t from, std::uint64_t size) {
    std::vector<std::uint8_t> bytes = disk.read(name);
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(from), size, std::uint8_t{0});
    disk.write(name, bytes);
}

// The batch after the acknowledged ones, as it would have been written.
std::vector<std::uint8_t> with_unacknowledged_batch(const finished_log& log, std::size_t size) {
    const auto copy = log.disk->image();
    small_store store(*copy, log.shape);
    store.append({{1, 1000, size}});
    return copy->read(first_segment);
}

} // namespace

BOOST_AUTO_TEST_SUITE(log_sweep)

BOOST_AUTO_TEST_CASE(no_single_bit_flip_of_the_frames_loses_an_acknowledged_record) {
    const finished_log log{tight()};
    std::uint64_t refused_starts = 0, whole = 0;
    for (std::uint64_t bit = segment_header_size * 8; bit < log.end * 8; ++bit) {
        const auto copy = log.disk->image();
        copy->flip(first_segment, bit);
        BOOST_TEST_CONTEXT("bit " << bit % 8 << " of byte " << bit / 8) {
            ++(log.survives(*copy) ? whole : refused_starts);
        }
    }
    BOOST_TEST_MESSAGE(refused_starts << " refused, " << whole << " whole");
    BOOST_TEST(refused_starts > 8 * whole); // the rest is padding, and the COMMIT itself
}

BOOST_AUTO_TEST_CASE(no_single_bit_flip_of_the_header_or_of_the_unused_rest_loses_an_acknowledged_record) {
    const finished_log log{tight()};
    std::mt19937_64 random{1};
    const auto try_bit = [&](std::uint64_t bit) {
        const auto copy = log.disk->image();
        copy->flip(first_segment, bit);
        BOOST_TEST_CONTEXT("bit " << bit) {
            log.survives(*copy);
        }
    };
    for (std::uint64_t bit = 0; bit < 64 * 8; ++bit) {
        try_bit(bit);
    }
    for (std::uint64_t byte = 64; byte < log.shape.first_segment_size;
         byte += byte == segment_header_size ? log.end - byte : 4) {
        try_bit(byte * 8 + random() % 8);
    }
}

BOOST_AUTO_TEST_CASE(a_flip_in_a_last_batch_without_its_commit_is_refused_too) {
    const finished_log log{tight(), false};
    for (std::uint64_t bit = log.starts[batches - 1] * 8; bit < (log.end - 1) * 8; ++bit) {
        const auto copy = log.disk->image();
        copy->flip(first_segment, bit);
        BOOST_TEST_CONTEXT("bit " << bit % 8 << " of byte " << bit / 8) {
            log.survives(*copy);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_log_cut_at_any_length_is_refused) {
    const finished_log log{tight()};
    const std::vector<std::uint8_t> bytes = log.disk->read(first_segment);
    for (std::size_t n = 0; n < bytes.size(); n += n < segment_header_size ? 97 : 1) {
        const auto copy = log.disk->image();
        copy->write(first_segment, {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n)});
        BOOST_REQUIRE_MESSAGE(!log.survives(*copy), "length " << n);
    }
    const auto longer = log.disk->image();
    std::vector<std::uint8_t> more = bytes;
    more.resize(more.size() + 512);
    longer->write(first_segment, more);
    BOOST_TEST(!log.survives(*longer));
}

BOOST_AUTO_TEST_CASE(no_zeroed_sector_or_page_loses_an_acknowledged_record) {
    for (const bool clean : {false, true}) {
        const finished_log log{small_log{}, true, clean};
        for (const std::uint64_t size : {std::uint64_t{512}, std::uint64_t{4096}}) {
            // A page at the very end may hold the last batch and its COMMIT: only the floor of a clean stop tells.
            const std::uint64_t to =
                size == 512 || clean ? log.shape.first_segment_size : log.starts[batches - 1] - size;
            for (std::uint64_t at = 0; at + size <= to; at += size) {
                const auto copy = log.disk->image();
                zero(*copy, first_segment, at, size);
                BOOST_TEST_CONTEXT("zeros at " << at << " of " << size) {
                    log.survives(*copy);
                }
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(a_clean_stop_proves_the_tail_even_where_all_of_it_is_gone) {
    const finished_log log{small_log{}, true, true};
    for (std::uint64_t i = 0; i < log.starts.size(); ++i) {
        const auto copy = log.disk->image();
        zero(*copy, first_segment, log.starts[i], log.shape.first_segment_size - log.starts[i]);
        BOOST_TEST(!log.survives(*copy));
    }
}

// With the batch spread over six sectors: each subset of them on the disk, the others still zeros.
BOOST_AUTO_TEST_CASE(a_torn_unacknowledged_batch_recovers_whatever_sectors_of_it_were_written) {
    const finished_log log{small_log{}};
    const std::uint64_t from = log.end;
    const std::vector<std::uint8_t> before = log.disk->read(first_segment);
    const std::vector<std::uint8_t> after = with_unacknowledged_batch(log, 5 * 512);
    const std::uint64_t sectors = 6;
    BOOST_REQUIRE(std::equal(before.begin() + static_cast<std::ptrdiff_t>(from + sectors * 512), before.end(),
                             after.begin() + static_cast<std::ptrdiff_t>(from + sectors * 512)));
    for (std::uint64_t subset = 0; subset < 1U << sectors; ++subset) {
        std::vector<std::uint8_t> bytes = before;
        for (std::uint64_t s = 0; s < sectors; ++s) {
            if ((subset >> s & 1U) != 0) {
                std::copy_n(after.begin() + static_cast<std::ptrdiff_t>(from + s * 512), 512,
                            bytes.begin() + static_cast<std::ptrdiff_t>(from + s * 512));
            }
        }
        const auto copy = log.disk->image();
        copy->write(first_segment, bytes);
        key_values state;
        recovery_report report;
        const std::optional<refused> r = refusal_on_open(*copy, log.shape, &state, &report);
        BOOST_TEST_CONTEXT("subset " << subset) {
            BOOST_REQUIRE_MESSAGE(!r, why(r));
            key_values expected = log.acknowledged;
            const bool all = subset == (1U << sectors) - 1;
            expected[1] = all ? 1000 : expected[1];
            BOOST_TEST((state == expected));
            // What was cut stays beside it, and the segment is whole again.
            BOOST_TEST(copy->exists(cut_name(1)) == (subset != 0 && !all));
            BOOST_TEST((report.bytes_cut != 0) == (subset != 0 && !all));
            key_values again;
            BOOST_TEST(!refusal_on_open(*copy, log.shape, &again).has_value());
            BOOST_TEST((again == expected));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_batch_cut_short_at_any_byte_recovers) {
    const finished_log log{tight()};
    const std::vector<std::uint8_t> before = log.disk->read(first_segment);
    const std::vector<std::uint8_t> after = with_unacknowledged_batch(log, 700);
    for (std::uint64_t n = 0; n <= 800; ++n) {
        std::vector<std::uint8_t> bytes = before;
        std::copy_n(after.begin() + static_cast<std::ptrdiff_t>(log.end), n,
                    bytes.begin() + static_cast<std::ptrdiff_t>(log.end));
        const auto copy = log.disk->image();
        copy->write(first_segment, bytes);
        key_values state;
        const std::optional<refused> r = refusal_on_open(*copy, log.shape, &state);
        BOOST_TEST_CONTEXT("length " << n) {
            BOOST_REQUIRE_MESSAGE(!r, why(r));
            key_values expected = log.acknowledged;
            expected[1] = state[1] == 1000 ? 1000 : expected[1];
            BOOST_TEST((state == expected));
        }
    }
}

BOOST_AUTO_TEST_CASE(frames_moved_copied_or_brought_in_are_refused) {
    const finished_log log{small_log{}};
    const finished_log foreign{small_log{}}; // another uuid
    const std::vector<std::uint8_t> bytes = log.disk->read(first_segment);
    const std::vector<std::uint8_t> other = foreign.disk->read(first_segment);
    BOOST_REQUIRE(log.starts == foreign.starts);
    const auto frame = [&](std::size_t i) { return static_cast<std::ptrdiff_t>(log.starts[i]); };
    const auto size = [&](std::size_t i) { return log.starts[i + 1] - log.starts[i]; };
    const auto try_bytes = [&](const std::vector<std::uint8_t>& changed) {
        const auto copy = log.disk->image();
        copy->write(first_segment, changed);
        return log.survives(*copy, {exit_code::corrupt, exit_code::tampered});
    };
    for (std::size_t i = 0; i + 1 < batches; ++i) {
        std::vector<std::uint8_t> swapped = bytes; // batches i and i+1 change places where they have one size
        if (size(i) == size(i + 1)) {
            std::swap_ranges(swapped.begin() + frame(i), swapped.begin() + frame(i + 1),
                             swapped.begin() + frame(i + 1));
            BOOST_TEST(!try_bytes(swapped));
        }
        std::vector<std::uint8_t> doubled = bytes; // batch i over the beginning of batch i+1
        std::copy_n(bytes.begin() + frame(i), size(i), doubled.begin() + frame(i + 1));
        BOOST_TEST(!try_bytes(doubled));
        std::vector<std::uint8_t> spliced = bytes; // batch i of another store
        std::copy_n(other.begin() + frame(i), size(i), spliced.begin() + frame(i));
        BOOST_TEST(!try_bytes(spliced));
        std::vector<std::uint8_t> after = bytes; // batch i once more, after the end
        std::copy_n(bytes.begin() + frame(i), size(i), after.begin() + static_cast<std::ptrdiff_t>(log.end));
        BOOST_TEST(!try_bytes(after));
    }
}

BOOST_AUTO_TEST_CASE(an_edited_record_with_its_checksums_made_right_is_tampered_with) {
    const finished_log log{small_log{}};
    std::vector<std::uint8_t> bytes = log.disk->read(first_segment);
    const std::size_t at = log.starts[3];
    std::uint8_t* const h = bytes.data() + at;
    const auto size = load_le<std::uint32_t>(h + 28);
    h[frame_header_size + record_header_size + 1] ^= 0x40; // the value of the first record
    store_le<std::uint32_t>(h + 40, crc32c({h + frame_header_size, size}));
    // The uuid is no secret to one who can read the directory.
    const store_uuid uuid = [&] {
        store_uuid u;
        std::copy_n(bytes.begin() + 16, u.size(), u.begin());
        return u;
    }();
    store_le<std::uint32_t>(h + 44, crc32c({h, frame_signed_size}, crc32c(uuid)));
    store_le<std::uint32_t>(
        h + frame_header_size + size,
        (load_le<std::uint32_t>(h + 40) ^ load_le<std::uint32_t>(h + 44) ^ crc32c({h + 48, sizeof(tag16)})) |
            0x81000000U);
    const auto copy = log.disk->image();
    copy->write(first_segment, bytes);
    BOOST_TEST(!log.survives(*copy, {exit_code::tampered}));
}

BOOST_AUTO_TEST_CASE(no_bit_of_one_manifest_copy_matters_and_no_bit_of_both_goes_unseen) {
    const finished_log log{small_log{}, true, true};
    const std::size_t bits = log.disk->read(manifest_name_a).size() * 8;
    for (std::size_t bit = 0; bit < bits; bit += 3) {
        for (const char* const name : {manifest_name_a, manifest_name_b}) {
            const auto copy = log.disk->image();
            copy->flip(name, bit);
            recovery_report report;
            key_values state;
            BOOST_REQUIRE(!refusal_on_open(*copy, log.shape, &state, &report).has_value());
            BOOST_REQUIRE((state == log.acknowledged));
            BOOST_REQUIRE(!report.notes.empty());
            BOOST_REQUIRE((copy->read(manifest_name_a) == copy->read(manifest_name_b))); // made good again
        }
        const auto copy = log.disk->image();
        copy->flip(manifest_name_a, bit);
        copy->flip(manifest_name_b, bits - 1 - bit);
        BOOST_REQUIRE(!log.survives(*copy));
    }
}

BOOST_AUTO_TEST_SUITE_END()
