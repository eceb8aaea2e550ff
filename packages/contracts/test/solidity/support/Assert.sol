// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Assertions that print both values.
abstract contract Assert {
    error NotEqual(uint256 actual, uint256 expected);
    error NotEqualBytes(bytes actual, bytes expected);
    error NotTrue(string what);

    function assertEq(uint256 actual, uint256 expected) internal pure {
        if (actual != expected) revert NotEqual(actual, expected);
    }

    function assertEq(address actual, address expected) internal pure {
        if (actual != expected) revert NotEqual(uint160(actual), uint160(expected));
    }

    function assertEq(bytes32 actual, bytes32 expected) internal pure {
        if (actual != expected) revert NotEqual(uint256(actual), uint256(expected));
    }

    function assertEq(bytes memory actual, bytes memory expected) internal pure {
        if (keccak256(actual) != keccak256(expected)) revert NotEqualBytes(actual, expected);
    }

    function assertTrue(bool condition, string memory what) internal pure {
        if (!condition) revert NotTrue(what);
    }

    /// @dev Maps a fuzzed number into a range, evenly enough.
    function bound(uint256 value, uint256 minimum, uint256 maximum) internal pure returns (uint256) {
        if (minimum == 0 && maximum == type(uint256).max) return value;
        return minimum + value % (maximum - minimum + 1);
    }
}
