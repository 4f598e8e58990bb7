#include "storage/record/refused_record.hpp"

#include "storage/exit_code.hpp"

#include <string>

namespace pawl::storage {

namespace {

std::string where(const record_view& record) {
    return "record " + std::to_string(record.lsn) + " (type " +
           std::to_string(static_cast<unsigned>(record.type) & ~static_cast<unsigned>(critical_record_bit)) +
           ", version " + std::to_string(record.version) + ")";
}

} // namespace

void refuse_unknown(const record_view& record) {
    throw refused(exit_code::newer_format, where(record) + " is of a type this version does not know");
}

void refuse_malformed(const record_view& record) {
    throw refused(exit_code::corrupt, where(record) + " is authentic but makes no sense; run: pawlctl log verify");
}

void refuse_newer(const record_view& record) {
    throw refused(exit_code::newer_format, where(record) + " was written by a later version of Pawl");
}

} // namespace pawl::storage
