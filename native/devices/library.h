// library.h - opening the libraries of devices.
#ifndef FASTMERGE_DEVICES_LIBRARY_H
#define FASTMERGE_DEVICES_LIBRARY_H
#include <initializer_list>
#include <string>

namespace fm::devices {

// Opens the file that an environment variable names, else the first of some names that opens; null with the
// reasons otherwise.
void* open_library(const char* variable, std::initializer_list<const char*> names, std::string& tried);

}  // namespace fm::devices
#endif
