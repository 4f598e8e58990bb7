// What a record says, of each type: what is taken says the same again when it is written, byte for byte.
#include "storage/entity/all.hpp"
#include "storage/entity/record_codec.hpp"
#include "storage/record/serving.hpp"

#include <algorithm>
#include <cstdlib>
#include <span>

using namespace pawl;
using namespace pawl::storage;

namespace {

void expect_same(std::span<const std::uint8_t> taken, std::span<const std::uint8_t> written) {
    if (!std::equal(taken.begin(), taken.end(), written.begin(), written.end())) {
        std::abort();
    }
}

template <class Record>
void large(record_view view) {
    view.type = type_of<Record>;
    Record read;
    if (decode(view, read) == decoding::ok) {
        expect_same(view.body, encode_body(read));
    }
}

template <class Record>
void small(const record_view& view) {
    Record read;
    if (decode(view, read) == decoding::ok) {
        record_buffer buffer;
        expect_same(view.body, buffer.encode(read));
    }
}

} // namespace

// First byte: which type; second: its version.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) {
        return 0;
    }
    record_view view;
    view.version = data[1] % 3;
    view.body = {data + 2, size - 2};
    switch (data[0] % 9) {
    case 0:
        view.type = static_cast<std::uint16_t>(record_type::family_word);
        small<family_word_record>(view);
        break;
    case 1:
        view.type = static_cast<std::uint16_t>(record_type::family_created);
        small<family_created_record>(view);
        break;
    case 2:
        view.type = static_cast<std::uint16_t>(record_type::event);
        small<security_event>(view);
        break;
    case 3: {
        view.type = static_cast<std::uint16_t>(record_type::serving);
        serving_record read;
        if (decode_serving(view, read) == serving_fault::none) {
            expect_same(view.body, encode_serving(read));
        }
        break;
    }
    case 4:
        large<user>(view);
        break;
    case 5:
        large<client>(view);
        break;
    case 6:
        large<scope>(view);
        break;
    case 7:
        large<api>(view);
        break;
    default:
        large<revoked_token>(view);
        break;
    }
    return 0;
}
