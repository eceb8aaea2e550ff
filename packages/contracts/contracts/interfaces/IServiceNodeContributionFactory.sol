// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Registration} from "./IServiceNodeRegistry.sol";
import {IServiceNodeContribution} from "./IServiceNodeContribution.sol";
import {IServiceNodeRewards} from "./IServiceNodeRewards.sol";

/// @title Makes contribution contracts, and knows which it has made (P-45).
interface IServiceNodeContributionFactory {
    /// @notice A contribution contract was made.
    /// @param contribution Its address.
    /// @param operator Who called for it, and whose node it will be.
    event ContributionCreated(address indexed contribution, address indexed operator);

    /// @notice Makes a contribution contract whose operator is the caller.
    /// @param registration What the node brings. Its proof of possession names the caller as operator (P-8).
    function create(Registration calldata registration) external returns (IServiceNodeContribution contribution);

    /// @notice Whether this factory has made `contribution`: only such a contract may register for its operator (P-27).
    function isContribution(address contribution) external view returns (bool);

    /// @notice The rewards contract that every contribution contract registers its node in.
    function rewards() external view returns (IServiceNodeRewards);

    /// @notice The code that every contribution contract is a minimal clone of (ERC-1167).
    function implementation() external view returns (address);
}
