# What `cmake --install` lays down: the launcher, the libraries, the headers and a CMake package, so
# that another project writes find_package(weir) and links weir::weir.

include(CMakePackageConfigHelpers)

set(WEIR_PACKAGE_DIR "${CMAKE_INSTALL_LIBDIR}/cmake/weir")

# The one target that users link. The launcher has the name `weir` in this build, so the library has
# it in the package only.
add_library(weir_library INTERFACE)
add_library(weir::weir ALIAS weir_library)
set_target_properties(weir_library PROPERTIES EXPORT_NAME weir)
target_link_libraries(weir_library INTERFACE weir_runtime)

install(TARGETS weir_policy weir_actors weir_runtime weir_library EXPORT weirTargets
        ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(TARGETS weir RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")

install(DIRECTORY actors runtime DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/weir"
        FILES_MATCHING PATTERN "*.hpp")
install(FILES runtime/weir.hpp runtime/nodes.hpp DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/weir")
install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DATAROOTDIR}/doc/weir" RENAME copyright)

install(EXPORT weirTargets NAMESPACE weir:: DESTINATION "${WEIR_PACKAGE_DIR}")
# Apart from the others: it needs Boost.Context, and a program links either this or weir::weir.
if(TARGET weir_testing)
  set_target_properties(weir_testing PROPERTIES EXPORT_NAME testing)
  install(TARGETS weir_testing EXPORT weirTestingTargets ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
  install(EXPORT weirTestingTargets NAMESPACE weir:: DESTINATION "${WEIR_PACKAGE_DIR}")
endif()
configure_package_config_file(cmake/weirConfig.cmake.in weirConfig.cmake
                              INSTALL_DESTINATION "${WEIR_PACKAGE_DIR}")
# Before 1.0 a minor version may break its users.
write_basic_package_version_file(weirConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/weirConfig.cmake"
              "${CMAKE_CURRENT_BINARY_DIR}/weirConfigVersion.cmake"
              cmake/FindCAF.cmake
        DESTINATION "${WEIR_PACKAGE_DIR}")
