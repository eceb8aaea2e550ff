// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Data that never changes, each piece as the code of a contract of its own.
/// @dev The n-th piece is at the CREATE address of this contract and nonce n, counted from 1 (EIP-161), so its address
/// follows from its number and needs no slot: one EXTCODECOPY (2,600 gas) reads what would take several cold slots. It
/// stands apart from the proxy because the proxy's own nonces are used by other contracts too.
contract KeyStore {
    /// @notice Only the owner appends.
    error NotOwner(address caller, address owner);
    /// @notice The data contract could not be created: out of gas, or larger than a contract may be.
    error AppendFailed(uint256 size);

    /// @dev The largest code of a contract (EIP-170), the STOP included. It also keeps the size within its two bytes.
    uint256 private constant MAX_CODE_SIZE = 24_576;

    /// @notice The contract that made this one.
    address public immutable owner = msg.sender;

    /// @notice Stores `data` behind a STOP byte, which makes it uncallable and acceptable to EIP-3541.
    /// @return pointer The address of the new piece.
    function append(bytes calldata data) external returns (address pointer) {
        if (msg.sender != owner) revert NotOwner(msg.sender, owner);
        if (data.length >= MAX_CODE_SIZE) revert AppendFailed(data.length);
        // PUSH2 size, DUP1, PUSH1 10, RETURNDATASIZE, CODECOPY, RETURNDATASIZE, RETURN, then the code: STOP and data.
        bytes memory initCode = abi.encodePacked(hex"61", uint16(data.length + 1), hex"80600a3d393df300", data);
        assembly ("memory-safe") {
            pointer := create(0, add(initCode, 0x20), mload(initCode))
        }
        if (pointer == address(0)) revert AppendFailed(data.length);
    }
}
