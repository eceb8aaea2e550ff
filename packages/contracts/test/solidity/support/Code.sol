// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {vm} from "./Vm.sol";

/// @title Creates a contract from its artifact, as `new` would.
/// @dev With `new` the tests' compilation would hold the contract, and compile it with the tests' settings, which are
/// not those of what is shipped.
library Code {
    /// @param artifact Source and name: "contracts/KeyStore.sol:KeyStore". Its libraries are linked.
    /// @param arguments Of the constructor, encoded. Its revert is passed on.
    function create(string memory artifact, bytes memory arguments) internal returns (address created) {
        bytes memory code = bytes.concat(vm.getCode(artifact), arguments);
        assembly ("memory-safe") {
            created := create(0, add(code, 0x20), mload(code))
            if iszero(created) {
                let room := mload(0x40)
                returndatacopy(room, 0, returndatasize())
                revert(room, returndatasize())
            }
        }
    }
}
