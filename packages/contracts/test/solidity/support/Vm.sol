// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The cheatcodes of Hardhat's Solidity tests that these tests use.
interface Vm {
    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }

    function assume(bool condition) external pure;
    function chainId(uint256 id) external;
    function warp(uint256 timestamp) external;
    /// @dev `block.timestamp` is constant to the compiler, which may read it again after a warp; this is not.
    function getBlockTimestamp() external view returns (uint256);
    function roll(uint256 blockNumber) external;
    function etch(address target, bytes calldata code) external;
    function mockCall(address callee, bytes calldata data, bytes calldata answer) external;
    function clearMockedCalls() external;
    function getNonce(address account) external view returns (uint64);
    function prank(address sender) external;
    function expectRevert(bytes calldata data) external;
    function expectEmit(address emitter) external;
    function recordLogs() external;
    /// @dev What was emitted since `recordLogs` or the last call of this.
    function getRecordedLogs() external returns (Log[] memory);
    /// @dev The creation code of a compiled contract, linked.
    function getCode(string calldata artifact) external view returns (bytes memory);
    function envOr(string calldata name, string calldata fallback_) external view returns (string memory);
    function readFile(string calldata path) external view returns (string memory);
    function keyExistsJson(string calldata json, string calldata path) external view returns (bool);
    function parseJsonBytes(string calldata json, string calldata path) external pure returns (bytes memory);
    function parseJsonBytes32(string calldata json, string calldata path) external pure returns (bytes32);
    function parseJsonInt(string calldata json, string calldata path) external pure returns (int256);
    function parseJsonUint(string calldata json, string calldata path) external pure returns (uint256);
    function toString(uint256 value) external pure returns (string memory);
    function computeCreateAddress(address deployer, uint256 nonce) external pure returns (address);
}

Vm constant vm = Vm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);
