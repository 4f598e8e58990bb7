// Verifying without changing anything comes to the same verdict as a start: of whole logs and of damaged ones.
#include "storage/history/verify.hpp"
#include "storage/log/scanner.hpp"
#include "tests/storage/log_fixture.hpp"

#include <random>

using namespace pawl;
using namespace pawl::test;

namespace {

enum class with_keys : bool { no, yes };

std::optional<verified_directory> verified(simulated_disk& disk, with_keys keys = with_keys::yes,
                                           exit_code* thrown = nullptr) {
    view_options o;
    o.log_key = keys == with_keys::yes ? &log_key() : nullptr;
    o.files = disk.mount();
    try {
        directory_view view(o);
        return verify_directory(view, {}, record_checks::counted);
    } catch (const refused& r) {
        BOOST_REQUIRE(thrown != nullptr);
        *thrown = r.kind();
        return std::nullopt;
    }
}

// Three segments and a snapshot between, stopped cleanly or not.
std::shared_ptr<simulated_disk> written(bool clean, bool snapshots = true) {
    auto disk = std::make_shared<simulated_disk>();
    small_store store(*disk, {.first_segment_size = 16384});
    for (std::uint64_t i = 1; i <= 30; ++i) {
        store.append({{static_cast<std::uint8_t>(i % 5), i, 40 + i * 7}, {7, i, 30}});
        if (snapshots && i % 12 == 0) {
            store.snapshot();
        }
    }
    store.commit();
    if (clean) {
        store.stop_cleanly();
    }
    return disk;
}

// Both on images of the same disk: they change it (a start) or not (verifying).
void check_same_verdict(simulated_disk& damaged) {
    exit_code thrown = exit_code::none;
    const auto image = damaged.image();
    const std::optional<verified_directory> found = verified(*image, with_keys::yes, &thrown);
    for (const std::string& name : damaged.names()) {
        BOOST_TEST((image->read(name) == damaged.read(name)), name << " was changed");
    }
    recovery_report report;
    const std::optional<refused> start = refusal_on_open(*damaged.image(), {}, nullptr, &report);
    if (!found) {
        BOOST_TEST_REQUIRE(start.has_value());
        BOOST_TEST(static_cast<int>(start->kind()) == static_cast<int>(thrown));
        return;
    }
    if (start) {
        BOOST_TEST_REQUIRE(!found->findings.empty(), start->what());
        const bool says = std::any_of(found->findings.begin(), found->findings.end(), [&](const finding& f) {
            return !f.server_starts && f.kind == start->kind() &&
                   std::string(start->what()).find(f.file + ": offset " + std::to_string(f.offset)) == 0;
        });
        BOOST_TEST(says, start->what());
        BOOST_TEST(static_cast<int>(found->kind()) == start->status());
        return;
    }
    for (const finding& f : found->findings) {
        BOOST_TEST(f.server_starts, f.line());
    }
    BOOST_TEST(found->torn == (report.bytes_cut > 0));
    BOOST_TEST(found->clean == report.clean);
}

} // namespace

BOOST_AUTO_TEST_SUITE(history_verify)

BOOST_AUTO_TEST_CASE(whole_directories_are_found_whole) {
    for (const bool clean : {false, true}) {
        const auto disk = written(clean);
        for (const with_keys keys : {with_keys::no, with_keys::yes}) {
            const std::optional<verified_directory> found = verified(*disk, keys);
            BOOST_TEST(found->findings.empty());
            BOOST_TEST(found->clean == clean);
            BOOST_TEST(!found->torn);
            BOOST_TEST(found->snapshots == 2U);
            BOOST_TEST(found->last_lsn == 60U);
        }
        check_same_verdict(*disk);
    }
}

BOOST_AUTO_TEST_CASE(any_flipped_bit_gets_the_verdict_that_a_start_gives) {
    std::mt19937_64 random{5};
    for (const bool clean : {false, true}) {
        const auto disk = written(clean);
        for (const std::string& name : disk->names()) {
            const std::size_t size = disk->read(name).size();
            for (std::uint64_t i = 0; i < 60 * test_scale() && size > 0; ++i) {
                const auto copy = disk->image();
                const std::uint64_t bit = random() % (std::min<std::size_t>(size, 12288) * 8);
                copy->flip(name, bit);
                BOOST_TEST_CONTEXT(name << " bit " << bit) {
                    check_same_verdict(*copy);
                }
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(any_file_cut_short_zeroed_or_gone_gets_the_verdict_that_a_start_gives) {
    for (const bool clean : {false, true}) {
        const auto disk = written(clean);
        for (const std::string& name : disk->names()) {
            const std::vector<std::uint8_t> whole = disk->read(name);
            BOOST_TEST_CONTEXT(name << " gone") {
                const auto copy = disk->image();
                BOOST_REQUIRE(!copy->mount()->remove(name));
                check_same_verdict(*copy);
            }
            for (const std::size_t at : {std::size_t{0}, std::size_t{4096}, std::size_t{4608}, whole.size() / 2}) {
                BOOST_TEST_CONTEXT(name << " at " << at) {
                    const auto cut = disk->image();
                    std::vector<std::uint8_t> bytes(
                        whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(std::min(at, whole.size())));
                    cut->write(name, bytes);
                    check_same_verdict(*cut);
                    const auto zeroed = disk->image();
                    bytes.resize(whole.size());
                    zeroed->write(name, bytes);
                    check_same_verdict(*zeroed);
                }
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(another_key_is_told_from_rot_and_without_keys_edits_by_hand_are_not_seen) {
    const auto disk = written(false, false);
    view_options o;
    const secret_bytes& other = log_key(9);
    o.log_key = &other;
    o.files = disk->mount();
    BOOST_CHECK_EXCEPTION(directory_view view(o), refused,
                          [](const refused& r) { return r.kind() == exit_code::wrong_key; });
    // A payload edited with its CRCs made right: the chain alone gives it away.
    std::vector<std::uint8_t> bytes = disk->read(segment_name(1));
    const std::uint64_t at = segment_header_size;
    decoded_header h;
    {
        view_options mine;
        mine.log_key = &log_key();
        mine.files = disk->mount();
        const directory_view view(mine);
        h = decode_frame_header(bytes_view(bytes).subspan(at), view.current().uuid).value();
        std::vector<std::uint8_t> frame(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                                        bytes.begin() +
                                            static_cast<std::ptrdiff_t>(at + frame_padded_size(h.payload_size, 512)));
        frame[frame_header_size + record_header_size] ^= 1U;
        hmac_sha256 foreign{log_key(9)};
        const frame_context context{view.current().uuid, &foreign};
        tag16 chain{};
        finish_frame(frame, h.fields, h.payload_size, context, chain);
        std::copy(frame.begin(), frame.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
    }
    disk->write(segment_name(1), bytes);
    const auto found = verified(*disk);
    BOOST_TEST_REQUIRE(found->findings.size() == 1U);
    BOOST_TEST((found->kind() == exit_code::tampered));
    BOOST_TEST(found->findings[0].row == 8U);
    BOOST_TEST(verified(*disk, with_keys::no)->findings.empty());
    check_same_verdict(*disk);
}

BOOST_AUTO_TEST_SUITE_END()
