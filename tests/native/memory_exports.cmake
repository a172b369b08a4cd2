# Compares the functions that a library exports with the ones that its header declares.
file(READ ${HEADER} header)
string(REGEX MATCHALL "FM_API [a-z0-9_]+\\*? +\\*?fm_[a-z0-9_]+\\(" declarations "${header}")
foreach(declaration ${declarations})
  string(REGEX REPLACE ".*(fm_[a-z0-9_]+)\\($" "\\1" name "${declaration}")
  list(APPEND declared ${name})
endforeach()

execute_process(COMMAND ${NM} -D --defined-only --format=posix ${LIBRARY}
  OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[^\n]+" lines "${symbols}")
foreach(line ${lines})
  string(REGEX REPLACE " .*" "" name "${line}")
  # A sanitizer's own marks are not ours.
  if(NOT name MATCHES "^__(asan|ubsan|odr|start|stop)|^_(init|fini)$")
    list(APPEND exported ${name})
  endif()
endforeach()

list(SORT declared)
list(SORT exported)
list(LENGTH declared count)
if(NOT declared STREQUAL exported)
  message(FATAL_ERROR "declared: ${declared}\nexported: ${exported}")
endif()
if(count GREATER 64 OR count EQUAL 0)
  message(FATAL_ERROR "${count} exports, 1 to 64 are accepted")
endif()
message(STATUS "${count} exports")
