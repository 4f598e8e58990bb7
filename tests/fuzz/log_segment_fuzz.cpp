// A segment's frames as they come, with checksums made right so that more than the first check is reached. Whatever is
// taken as a frame lies within the bytes and holds whole records; what is seen at the end always has a verdict.
#include "storage/log/crc32c.hpp"
#include "storage/log/scanner.hpp"

#include <algorithm>
#include <cstdlib>
#include <vector>

using namespace pawl;
using namespace pawl::storage;

namespace {

// Makes right what rot would have to: CRCs and trailer of a frame at `h`, and its chain where `keyed`.
void repair_frame(std::uint8_t* h, std::size_t room, const frame_context& context, tag16& chain, bool keyed) {
    store_le<std::uint32_t>(h, frame_magic);
    const std::uint64_t size = load_le<std::uint32_t>(h + 28) % (room - frame_header_size - frame_trailer_size + 1);
    store_le<std::uint32_t>(h + 28, static_cast<std::uint32_t>(size));
    store_le<std::uint32_t>(h + 40, crc32c({h + frame_header_size, size}));
    store_le<std::uint32_t>(h + 44, crc32c({h, frame_signed_size}, crc32c(context.uuid)));
    if (keyed) {
        chain =
            context.mac->compute16({chain, bytes_view{h, frame_signed_size}, bytes_view{h + frame_header_size, size}});
        std::copy(chain.begin(), chain.end(), h + 48);
    }
    store_le<std::uint32_t>(
        h + frame_header_size + size,
        (load_le<std::uint32_t>(h + 40) ^ load_le<std::uint32_t>(h + 44) ^ crc32c({h + 48, sizeof(tag16)})) |
            0x81000000U);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const std::vector<std::uint8_t> key(log_key_size, 1);
    static const log_keys keys{key};
    static hmac_sha256 mac{keys.chain()};
    const frame_context context{{}, &mac};
    constexpr std::uint32_t pad = 64;
    if (size < 2) {
        return 0;
    }
    const std::uint8_t mode = data[0];
    std::vector<std::uint8_t> segment(data + 1, data + size);
    segment.resize(round_up(std::max<std::size_t>(segment.size(), 2 * pad), pad));
    if ((mode & 1U) != 0) { // as many right frames as fit, of a quarter of the bytes each
        tag16 chain = keys.chain_origin(context.uuid);
        const std::size_t step = round_down(std::max<std::size_t>(segment.size() / 4, 2 * pad), pad);
        for (std::size_t at = 0; at + step <= segment.size(); at += step) {
            repair_frame(segment.data() + at, step, context, chain, (mode & 2U) != 0);
        }
    }
    segment_scanner::options options;
    options.wal_pad = pad;
    options.first_frame = 0;
    log_start expected;
    expected.chain = keys.chain_origin(context.uuid);
    expected.batch_seq = load_le<std::uint64_t>(segment.data() + 8);
    expected.lsn = load_le<std::uint64_t>(segment.data() + 16);
    segment_scanner scanner{segment, options, context, expected};
    while (const auto frame = scanner.next()) {
        if (frame->payload.data() + frame->payload.size() > segment.data() + segment.size()) {
            std::abort();
        }
        record_cursor cursor{frame->payload};
        record_view record;
        std::uint32_t n = 0;
        while (cursor.next(record)) {
            ++n;
        }
        if (n != frame->fields.n_records || !cursor.complete()) {
            std::abort();
        }
    }
    if (scanner.end().kind == scan_verdict_kind::good) {
        std::abort();
    }
    return 0;
}
