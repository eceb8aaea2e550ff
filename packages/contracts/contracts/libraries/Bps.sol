// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev Basis points in a whole: all parts and fees are in 1/10000.
uint256 constant BPS = 10_000;
