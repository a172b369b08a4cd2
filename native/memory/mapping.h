// mapping.h - what is known about the files that fm_map_file mapped.
#ifndef FASTMERGE_MEMORY_MAPPING_H
#define FASTMERGE_MEMORY_MAPPING_H
#include <cstdint>

namespace fm {

/// The mapping around an address and its file as it is now.
struct MappingState {
  bool known;            ///< the address is inside a mapping of fm_map_file
  bool modified;         ///< the file was written since it was mapped
  int64_t offset;        ///< of the address in the file
  int64_t mapped_size;   ///< bytes mapped
  int64_t current_size;  ///< bytes the file has now, -1 if that cannot be found out
};

MappingState find_mapping(const void* address);

}  // namespace fm
#endif
