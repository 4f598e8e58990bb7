// A snapshot of records made from the input, and then up to seven of its bytes changed. Unchanged it reads back what
// was written; changed it is refused, whatever the place and the byte, and never read beyond its end.
#include "storage/log/segment.hpp"
#include "storage/snapshot/snapshot_reader.hpp"
#include "storage/snapshot/snapshot_writer.hpp"
#include "tests/support/simulated_disk.hpp"

#include <cstdlib>
#include <vector>

using namespace pawl;
using namespace pawl::storage;

namespace {

constexpr snapshot_identity identity{{}, 7};

// A file, written by the writer, with these records.
std::vector<std::uint8_t> written(const log_keys& keys, const std::vector<std::vector<std::uint8_t>>& records) {
    const auto disk = std::make_shared<test::simulated_disk>();
    const auto fs = disk->mount();
    snapshot_writer writer{*fs, identity, keys};
    for (const auto& body : records) {
        writer.add(static_cast<std::uint16_t>(record_type::event), 1, body);
    }
    snapshot_footer footer;
    if (writer.finish({}, timestamp_ms{}, footer)) {
        std::abort();
    }
    return disk->read(snapshot_name(identity.lsn));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const std::vector<std::uint8_t> key(log_key_size, 1);
    static const log_keys keys{key};
    if (size < 2) {
        return 0;
    }
    const std::size_t edits = data[0] % 8, record_size = 1 + data[1] * std::size_t{16};
    if (size < 2 + edits * 5) {
        return 0;
    }
    std::vector<std::vector<std::uint8_t>> records;
    for (std::size_t at = 2 + edits * 5; at < size; at += record_size) {
        records.emplace_back(data + at, data + std::min(size, at + record_size));
    }
    std::vector<std::uint8_t> bytes = written(keys, records);
    const std::vector<std::uint8_t> original = bytes;
    for (std::size_t i = 0; i < edits; ++i) {
        bytes[load_le<std::uint32_t>(data + 2 + i * 5) % bytes.size()] ^= data[2 + i * 5 + 4];
    }
    const auto disk = std::make_shared<test::simulated_disk>();
    disk->write(snapshot_name(identity.lsn), bytes);
    const auto fs = disk->mount();
    const snapshot_check check = verify_snapshot(*fs, identity, keys, nullptr);
    if ((check.fault == snapshot_fault::none) != (bytes == original)) {
        std::abort();
    }
    if (check.fault == snapshot_fault::none) {
        std::size_t n = 0;
        read_snapshot(*fs, identity, check.footer, timestamp_ms{}, [&](const record_view& r) {
            if (n >= records.size() ||
                !std::equal(r.body.begin(), r.body.end(), records[n].begin(), records[n].end())) {
                std::abort();
            }
            ++n;
        });
        if (n != records.size()) {
            std::abort();
        }
    }
    return 0;
}
