# cmake -DPROGRAM=… -DARGUMENTS=… -DEXPECTED=… -P CompareOutput.cmake: runs a program; fails unless it
# ends with 0 and its stdout is, byte for byte, what the file says.

file(READ "${EXPECTED}" expected)
execute_process(COMMAND "${PROGRAM}" ${ARGUMENTS} OUTPUT_VARIABLE printed RESULT_VARIABLE status)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${PROGRAM} ended with ${status}; it printed:\n${printed}")
endif()
if(NOT printed STREQUAL expected)
  message(FATAL_ERROR "${PROGRAM} printed\n${printed}\ninstead of what ${EXPECTED} has:\n${expected}")
endif()
