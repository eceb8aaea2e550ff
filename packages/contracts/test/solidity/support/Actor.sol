// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev What takes random actions.
interface Acting {
    function act(uint256 seed) external;
}

/// @dev What the fuzzer calls: this one function, and none of the others that a handler has.
contract Actor {
    Acting private immutable handler;

    constructor(Acting handler_) {
        handler = handler_;
    }

    function act(uint256 seed) external {
        handler.act(seed);
    }
}
