// Names that a swap of a directory's contents has while it is under way (backup/content_swap.hpp): those who only read
// the directory look for them, too.
#pragma once

namespace pawl::storage {

inline constexpr char swap_journal_name[] = "SWAP"; // contents are half swapped while it is there
inline constexpr char swap_journal_temporary[] = "SWAP.tmp";
inline constexpr char swap_incoming_name[] = "incoming.partial"; // what is to come in, while it is made

} // namespace pawl::storage
