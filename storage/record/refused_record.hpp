// A record that a reader can't accept: the refusal, in the same words wherever records are read.
#pragma once

#include "storage/record/codec.hpp"
#include "storage/record/record.hpp"

namespace pawl::storage {

// Throw refused, with the record's number, type and version.
[[noreturn]] void refuse_unknown(const record_view& record);   // its type is critical and not known: newer_format
[[noreturn]] void refuse_malformed(const record_view& record); // corrupt
[[noreturn]] void refuse_newer(const record_view& record);     // its version is not known: newer_format

// Decodes the body, or throws as said above.
template <class Record>
void decode_or_refuse(const record_view& record, Record& out) {
    switch (decode(record, out)) {
    case decoding::ok:
        return;
    case decoding::malformed:
        refuse_malformed(record);
    case decoding::newer:
        refuse_newer(record);
    }
}

} // namespace pawl::storage
